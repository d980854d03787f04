import { json } from "../vault-call.ts";
import type { CredentialsPath } from "./doctor-settings.ts";
import type { Examination } from "./examination.ts";
import type { ServiceSession } from "./service-session.ts";

/** A line that a service's policies must have. */
export interface PolicyLine {
  /** As a policy names it. */
  path: string;
  /** A path that the line is for, to ask about. */
  sample: string;
  capability: "read" | "update";
  /** What goes wrong without it. */
  without: string;
  /** Whether the service can't work without it. */
  needed: boolean;
}

/** What a service that reads these credentials does in Vault. All but the first and the third are in Vault's `default` policy. */
export function policyLines(credentials: CredentialsPath | undefined): PolicyLine[] {
  const line = (path: string, capability: "read" | "update", without: string): PolicyLine => ({
    ...{ path, sample: path, capability, without, needed: false },
  });
  const own = [
    line("auth/token/lookup-self", "read", "a token that was given to it can't be looked at"),
    line("auth/token/renew-self", "update", "each token ends with its first TTL, and the service logs in more often"),
    line("auth/token/revoke-self", "update", "the token lives on after the service has left"),
  ];
  if (!credentials) return own;
  const { path, isStatic } = credentials;
  const read: PolicyLine = { ...line(path, "read", "it gets no credentials"), needed: true };
  if (isStatic) return [read, ...own];
  const revoke = `sys/leases/revoke/${path}`;
  const leases = [
    line("sys/leases/renew", "update", "credentials end with their first TTL, and are replaced more often"),
    {
      ...line(`${revoke}/*`, "update", "credentials that are replaced live on until their lease runs out"),
      sample: `${revoke}/id`,
    },
  ];
  return [read, ...leases, ...own];
}

/** Asks Vault what the token may do (Vault's API manual, "/sys/capabilities-self"). */
export async function examinePolicy(examination: Examination, session: ServiceSession): Promise<void> {
  const { settings, findings, signal } = examination;
  const lines = policyLines(settings.credentials);
  const path = "sys/capabilities-self";
  let found: Record<string, unknown>;
  try {
    const body = { paths: lines.map(({ sample }) => sample) };
    const phase = "asking what the policies allow";
    const answer = await session.client.request({ method: "POST", path, body, phase, signal, issues: false });
    found = json(answer?.["data"]) ?? answer ?? {};
  } catch (error) {
    signal?.throwIfAborted();
    findings.notChecked("policy", (error as Error).message, `add ${asPolicy({ path, capability: "update" })}`);
    return;
  }
  const missing = lines.filter(({ sample, capability }) => !allows(found[sample], capability));
  for (const line of missing) {
    const what = `the policies lack "${line.capability}" on ${line.path}: ${line.without}`;
    const advice = `add to a policy of the token: ${asPolicy(line)}`;
    if (line.needed) findings.failure("policy", what, advice);
    else findings.warning("policy", what, advice);
  }
  if (missing.length === 0) findings.ok("policy", "the policies allow everything that the service does");
}

function allows(capabilities: unknown, wanted: string): boolean {
  return Array.isArray(capabilities) && (capabilities.includes(wanted) || capabilities.includes("root"));
}

function asPolicy({ path, capability }: { path: string; capability: string }): string {
  return `path "${path}" { capabilities = ["${capability}"] }`;
}
