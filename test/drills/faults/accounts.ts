import type { DevCluster } from "@minicluster/devcluster";
import { eventually } from "../../e2e/eventually.ts";

/** Runs a statement on each account, as a DBA does; `{}` in it stands for the account. */
export async function onEach(cluster: DevCluster, accounts: readonly string[], statement: string): Promise<void> {
  for (const account of accounts) await cluster.mysql.admin(statement.replaceAll("{}", `'${account}'@'%'`));
}

/** Ends every session of these accounts, and waits until MySQL has none of them any more. */
export async function endSessions(cluster: DevCluster, accounts: readonly string[]): Promise<void> {
  const names = accounts.map((account) => `'${account}'`).join(", ");
  for (const account of accounts) await cluster.mysql.admin(`KILL CONNECTION USER '${account}'`);
  await eventually("no session of them", 5_000, async () => {
    const left = await cluster.mysql.admin(`SELECT id FROM information_schema.processlist WHERE user IN (${names})`);
    return left.length === 0 || undefined;
  });
}
