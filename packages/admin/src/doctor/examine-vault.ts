import { VaultClient } from "@minicluster/vault";
import { type VaultStatus, vaultStatuses } from "../vault-status.ts";
import { judgeClock } from "./clock-skew.ts";
import type { Examination } from "./examination.ts";

/** What to do about a node that is no use. */
const remedies: Readonly<Partial<Record<VaultStatus["state"], string>>> = {
  sealed: "unseal it: minicluster unseal",
  uninitialized: "initialise it: minicluster init, then minicluster unseal",
  unreachable: "start it, or look whether a firewall is between; where the address is wrong, correct VAULT_ADDR",
};

/**
 * Looks at each node and its clock.
 *
 * @returns a client of the nodes, the active one first, to be closed by the caller; undefined where none is active
 */
export async function examineVault(
  examination: Examination,
  addresses: readonly string[],
): Promise<VaultClient | undefined> {
  const { settings, findings, clock, timeoutMs, signal } = examination;
  const { ca, namespace } = settings.vault ?? {};
  if (addresses.length === 0) {
    findings.notChecked("vault", "its address is not known");
    return undefined;
  }
  const nodes = await vaultStatuses({ addresses, ca, timeoutMs, clock, signal });
  signal?.throwIfAborted();
  const active = nodes.find(({ state }) => state === "active");
  for (const node of nodes) judgeNode(examination, node, active !== undefined);
  if (!active) {
    findings.failure("vault", "no node is active", adviceWithout(nodes));
    return undefined;
  }
  const sorted = [active, ...nodes.filter((node) => node !== active)].map(({ address }) => address);
  const client = new VaultClient({ address: sorted, ca, namespace, clock, timeout: timeoutMs });
  try {
    for (const { address, state } of nodes) {
      if (state === "active" || state === "standby") await askTime(examination, { client, address });
    }
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

function judgeNode({ findings }: Examination, node: VaultStatus, led: boolean): void {
  const { address, state, version, leader, reason } = node;
  const what = reason === undefined ? `${address} is ${state}` : `${address} is ${state}: ${reason}`;
  const advice = remedies[state] ?? "";
  if (state === "active") findings.ok("vault", `${what}, Vault ${version ?? "of an unknown version"}`);
  else if (state === "standby") findings.ok("vault", `${what}; it follows ${leader ?? "nobody"}`);
  // Another node does its work, until that one fails too.
  else if (led) findings.warning("vault", what, advice);
  else findings.failure("vault", what, advice);
}

function adviceWithout(nodes: readonly VaultStatus[]): string {
  return nodes.some(({ state }) => state === "standby")
    ? "wait: a standby takes over, which takes about 35 s after a crash; then look at Vault's log"
    : "mend one of the nodes above";
}

async function askTime(examination: Examination, at: { client: VaultClient; address: string }): Promise<void> {
  const { clock, signal, findings } = examination;
  const { client, address } = at;
  const who = `Vault at ${address}`;
  const askedAt = clock.now();
  const query = { standbyok: "true", perfstandbyok: "true" };
  try {
    const body = await client.request({ method: "GET", path: "sys/health", query, token: null, address, signal });
    const seconds = body?.["server_time_utc"];
    if (typeof seconds !== "number") return;
    judgeClock(examination, { who, theirs: seconds * 1_000, askedAt, answeredAt: clock.now(), grain: 1_000 });
  } catch (error) {
    signal?.throwIfAborted();
    findings.notChecked("clock", `${who}: ${(error as Error).message}`);
  }
}
