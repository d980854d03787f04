import { sleep, systemClock } from "@minicluster/core";
import { contract } from "../contract.ts";
import { ask, dataOf } from "./asking.ts";
import { grantsOf, type MysqlBackend, mysqlBackends, mysqlValues } from "./mysql-backends.ts";
import { onMount, type Question, type Tell } from "./telling.ts";

const mount = { type: "database" };
const values = mysqlValues;
const configured: Question = [
  "POST ~/config/my",
  {
    plugin_name: "mysql-database-plugin",
    connection_url: "{{username}}:{{password}}@tcp({{mysql}})/",
    username: "root",
    password: "{{root}}",
    allowed_roles: "shared,other",
  },
];

async function start(tell: Tell, { mariadb }: MysqlBackend, user: string): Promise<void> {
  await mariadb.admin(`CREATE USER ${user}@'%' IDENTIFIED BY 'first'`);
  await tell(configured);
}

interface Shared {
  username: string;
  password: string;
  last_vault_rotation: string;
  ttl: number;
}

async function shared(vault: MysqlBackend, path: string): Promise<Shared> {
  return dataOf(await ask(vault, `GET ${path}/static-creds/shared`)) as unknown as Shared;
}

contract({
  title: "Vault: database, static roles",
  backends: mysqlBackends,
  behaviours: [
    onMount<MysqlBackend>({ name: "refuses static roles that can't be", mount, values }, async (tell, vault) => {
      await start(tell, vault, "refused");
      const username = "refused";
      await tell("LIST ~/static-roles");
      await tell(["POST ~/static-roles/shared", {}]);
      await tell(["POST ~/static-roles/shared", { db_name: "my" }]);
      await tell(["POST ~/static-roles/shared", { db_name: "my", username }]);
      await tell(["POST ~/static-roles/shared", { db_name: "my", username, rotation_period: 4 }]);
      await tell(["POST ~/static-roles/shared", { db_name: "my", username, rotation_period: "zz" }]);
      await tell(["POST ~/static-roles/shared", { db_name: "my", username: "nobody", rotation_period: "1h" }]);
      await tell(["POST ~/static-roles/shared", { db_name: "none", username, rotation_period: "1h" }]);
      await tell(["POST ~/static-roles/denied", { db_name: "my", username, rotation_period: "1h" }]);
      await tell([
        "POST ~/static-roles/shared",
        { db_name: "my", username, rotation_period: "1h", credential_type: "what" },
      ]);
      await tell("GET ~/static-roles/shared");
      await tell("GET ~/static-creds/shared");
      await tell("POST ~/rotate-role/shared");
      await tell(["POST ~/roles/other", { db_name: "my" }]);
      await tell(["POST ~/static-roles/other", { db_name: "my", username, rotation_period: "1h" }]);
      return await grantsOf(vault, "refused", "first");
    }),
    onMount<MysqlBackend>(
      { name: "takes an account over and shares its password", mount, values },
      async (tell, vault, path) => {
        await start(tell, vault, "taken");
        await tell(["POST ~/static-roles/shared", { db_name: "my", username: "taken", rotation_period: "1h" }]);
        await tell("GET ~/static-roles/shared");
        await tell("LIST ~/static-roles");
        const { password, username, ttl } = await shared(vault, path);
        await tell(["POST ~/static-roles/shared", { username: "other" }]);
        await tell(["POST ~/static-roles/shared", { rotation_period: "2h" }]);
        await tell([
          "POST ~/static-roles/shared",
          { username: "taken", rotation_period: "2h", rotation_statements: "a;b" },
        ]);
        await tell("GET ~/static-roles/shared");
        await tell(["POST ~/roles/shared", { db_name: "my" }]);
        const kept = (await shared(vault, path)).password === password;
        await tell("DELETE ~/static-roles/shared");
        await tell("GET ~/static-creds/shared");
        await tell("LIST ~/static-roles");
        const [first, second] = [await grantsOf(vault, username, "first"), await grantsOf(vault, username, password)];
        return { username, ttl, length: password.length, kept, first, second };
      },
    ),
    onMount<MysqlBackend>({ name: "rotates when it is told to", mount, values }, async (tell, vault, path) => {
      await start(tell, vault, "told");
      await tell(["POST ~/static-roles/shared", { db_name: "my", username: "told", rotation_period: "1h" }]);
      const before = await shared(vault, path);
      await tell("POST ~/rotate-role/shared");
      const after = await shared(vault, path);
      const statuses = [await grantsOf(vault, "told", before.password), await grantsOf(vault, "told", after.password)];
      await tell([
        "POST ~/static-roles/shared",
        { username: "told", rotation_statements: "ALTER USER nobody@'%' IDENTIFIED BY '{{password}}'" },
      ]);
      await tell("POST ~/rotate-role/shared");
      const unchanged = (await shared(vault, path)).password === after.password;
      return [statuses, before.last_vault_rotation < after.last_vault_rotation, after.ttl, unchanged];
    }),
    onMount<MysqlBackend>(
      { name: "rotates by itself when the period is over", mount, values },
      async (tell, vault, path) => {
        await start(tell, vault, "alone");
        await tell(["POST ~/static-roles/shared", { db_name: "my", username: "alone", rotation_period: 5 }]);
        const before = await shared(vault, path);
        let after = before;
        while (after.password === before.password) {
          await sleep(systemClock, 50);
          after = await shared(vault, path);
        }
        const took = Date.parse(after.last_vault_rotation) - Date.parse(before.last_vault_rotation);
        const works = await grantsOf(vault, "alone", after.password);
        await tell("DELETE ~/static-roles/shared");
        return [before.ttl, took >= 4_000 && took <= 12_000, works];
      },
    ),
    onMount<MysqlBackend>({ name: "goes on after Vault was sealed", mount, values }, async (tell, vault, path) => {
      await start(tell, vault, "sealed");
      await tell(["POST ~/static-roles/shared", { db_name: "my", username: "sealed", rotation_period: 5 }]);
      const creation_statements = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'";
      await tell(["POST ~/roles/other", { db_name: "my", creation_statements }]);
      const before = await shared(vault, path);
      const made = (await ask(vault, `GET ${path}/creds/other`)) as { body: { lease_id: string } };
      await ask(vault, "PUT sys/seal");
      await ask(vault, "PUT sys/unseal", { key: vault.key });
      while ((await ask(vault, "GET sys/health")).status !== 200) await sleep(systemClock, 50);
      while ((await shared(vault, path)).password === before.password) await sleep(systemClock, 100);
      const { status } = await ask(vault, "PUT sys/leases/revoke", { lease_id: made.body.lease_id });
      return [status, await grantsOf(vault, "sealed", (await shared(vault, path)).password)];
    }),
    onMount<MysqlBackend>(
      { name: "rotates late when MySQL was away, to a password that works", mount, values },
      async (tell, vault, path) => {
        await start(tell, vault, "late");
        await tell(["POST ~/static-roles/shared", { db_name: "my", username: "late", rotation_period: 5 }]);
        const before = await shared(vault, path);
        await vault.mariadb.kill();
        while ((await shared(vault, path)).ttl > 0) await sleep(systemClock, 100);
        const meanwhile = (await shared(vault, path)).password === before.password;
        await vault.mariadb.restart();
        let after = before;
        while (after.password === before.password) {
          await sleep(systemClock, 100);
          after = await shared(vault, path);
        }
        return [meanwhile, await grantsOf(vault, "late", after.password)];
      },
    ),
  ],
});
