import type { DevCluster } from "@minicluster/devcluster";
import { afterAll } from "vitest";
import { type Drill, drill } from "../stage/drill.ts";
import { inFull } from "../stage/form.ts";
import { type VaultFault, VaultProxy } from "./vault-proxy.ts";

export interface VaultAnswers extends Pick<Drill, "what" | "must"> {
  fault: VaultFault;
  /** How long. Default: well past the end of a lease. */
  faultMs?: number | undefined;
}

/** Well past the end of a lease of 5 s, which Vault keeps to: it is there. */
const pastLeaseMs = inFull(20_000, 8_000);

/** Of one service. */
const requestsASecond = 10;

/**
 * A drill in which something between the services and Vault answers in its stead for a while. No call fails, and what
 * is asked of Vault stays within bounds.
 */
export function vaultAnswers({ fault, what, must, faultMs = pastLeaseMs }: VaultAnswers): void {
  let proxy: VaultProxy | undefined;
  afterAll(() => proxy?.close());
  drill({
    name: `vault-answers-${fault.replaceAll(" ", "-")}`,
    what,
    must,
    prepare: async (cluster: DevCluster) => {
      proxy = await VaultProxy.start({ upstream: async () => (await cluster.vault.active()).address });
      return { VAULT_ADDR: proxy.address };
    },
    run: async (world) => {
      if (!proxy) throw new Error("a drill is prepared before it is run");
      const between = proxy;
      await world.fault(what, async () => between.answer(fault));
      await world.wait(faultMs);
      await world.mended("Vault answers again", async () => between.pass());
      const asked = between.count((passed) => passed.fault === fault);
      const most = (world.todos.length + 1) * requestsASecond * (faultMs / 1_000);
      world.check(`Vault is asked ${most} times at most`, asked > 0 && asked <= most, asked);
    },
  });
}
