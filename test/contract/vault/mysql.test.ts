import { contract } from "../contract.ts";
import { ask, dataOf } from "./asking.ts";
import { accounts, grantsOf, type MysqlBackend, mysqlBackends, mysqlValues } from "./mysql-backends.ts";
import { dialogue, onMount, type Question } from "./telling.ts";

const mount = { type: "mysql" };
const values = mysqlValues;
const connection_url = "root:{{root}}@tcp({{mysql}})/";
const connected: Question = ["POST ~/config/connection", { connection_url }];
const sql = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; GRANT SELECT ON *.* TO '{{name}}'@'%';";

/** Hexadecimal digits as `x`. */
const shape = (name: string): string =>
  name.replace(/(?<=^[^-]*-[^-]*-)[0-9a-f-]+$/, (id) => id.replace(/[0-9a-f]/g, "x"));

async function credentials(
  vault: MysqlBackend,
  path: string,
): Promise<{ username: string; password: string; lease: string; seconds: unknown }> {
  const told = await ask(vault, `GET ${path}`);
  const { username, password } = dataOf(told) as { username: string; password: string };
  const { lease_id, lease_duration } = told.body as { lease_id: string; lease_duration: number };
  return { username, password, lease: lease_id, seconds: lease_duration };
}

contract({
  title: "Vault: legacy mysql",
  // Later versions have it no more.
  backends: mysqlBackends.filter(({ name }) => name !== "1.14.0"),
  behaviours: [
    dialogue({ name: "is connected to one MySQL", mount, values }, [
      "GET ~/config/connection",
      ["POST ~/config/connection", {}],
      ["POST ~/config/connection", { connection_url: "root:wrong@tcp({{mysql}})/" }],
      ["POST ~/config/connection", { connection_url: "root:wrong@tcp(127.0.0.1:1)/" }],
      ["POST ~/config/connection", { connection_url: "no slash" }],
      ["POST ~/config/connection", { connection_url, unknown: 1 }],
      "GET ~/config/connection",
      ["POST ~/config/connection", { value: connection_url, max_open_connections: 5, max_idle_connections: 9 }],
      "GET ~/config/connection",
      ["POST ~/config/connection", { connection_url: "a:b@tcp(127.0.0.1:1)/", verify_connection: false }],
      ["POST ~/config/connection", { connection_url: "no slash", verify_connection: false }],
      ["POST ~/roles/todo", { sql }],
      "DELETE ~/config/connection",
      "GET ~/other",
    ]),
    dialogue({ name: "says how long credentials live", mount, values }, [
      "GET ~/config/lease",
      ["POST ~/config/lease", {}],
      ["POST ~/config/lease", { lease: "1h" }],
      ["POST ~/config/lease", { lease: "5x", lease_max: "1h" }],
      ["POST ~/config/lease", { lease: "60", lease_max: "1h" }],
      ["POST ~/config/lease", { lease: "90m", lease_max: "24h" }],
      "GET ~/config/lease",
      "DELETE ~/config/lease",
    ]),
    dialogue({ name: "keeps roles whose SQL MySQL understands", mount, values }, [
      ["POST ~/roles/todo", { sql }],
      connected,
      "LIST ~/roles",
      ["POST ~/roles/todo", { sql, revocation_sql: "DROP USER '{{name}}'@'%'" }],
      "GET ~/roles/todo",
      ["POST ~/roles/bad", { sql: "CREATE USERS" }],
      ["POST ~/roles/empty", {}],
      "LIST ~/roles",
      ["POST ~/roles/todo", { sql }],
      "GET ~/roles/todo",
      "DELETE ~/roles/todo",
      "DELETE ~/roles/todo",
      "GET ~/roles/todo",
    ]),
    dialogue({ name: "refuses credentials", mount, values }, [
      "GET ~/creds/none",
      connected,
      ["POST ~/roles/same", { sql: "CREATE USER root@127.0.0.1" }],
      "GET ~/creds/same",
      ["POST ~/creds/same", {}],
      ["POST ~/config/connection", { connection_url: "a:b@tcp(127.0.0.1:1)/", verify_connection: false }],
      "GET ~/creds/same",
    ]),
    onMount<MysqlBackend>(
      { name: "makes an account that ends with its lease", mount, values },
      async (tell, vault, path) => {
        await tell(connected);
        await tell(["POST ~/config/lease", { lease: "1h", lease_max: "24h" }]);
        await tell(["POST ~/roles/reader", { sql }]);
        const { username, password, lease, seconds } = await credentials(vault, `${path}/creds/reader`);
        const able = await grantsOf(vault, username, password);
        const renewed = (await ask(vault, "PUT sys/leases/renew", { lease_id: lease })).body as {
          lease_duration: number;
        };
        const { status } = await ask(vault, "PUT sys/leases/revoke", { lease_id: lease });
        const left = await accounts(vault, username);
        return [shape(username), shape(`--${password}`), seconds, able, renewed.lease_duration, status, left];
      },
    ),
    onMount<MysqlBackend>(
      { name: "names accounts as its role says, and drops them so", mount, values },
      async (tell, vault, path) => {
        await tell(connected);
        const lengths = { username_length: 32, rolename_length: 8, displayname_length: 2 };
        await tell([
          "POST ~/roles/todo-list",
          { sql, ...lengths, revocation_sql: "RENAME USER '{{name}}'@'%' TO 'gone'@'%'" },
        ]);
        const { username, lease, seconds } = await credentials(vault, `${path}/creds/todo-list`);
        await ask(vault, "PUT sys/leases/revoke", { lease_id: lease });
        return [username.slice(0, 12), username.length, seconds, await accounts(vault, "gone")];
      },
    ),
    onMount<MysqlBackend>({ name: "goes on when MySQL comes back", mount, values }, async (tell, vault, path) => {
      await tell(connected);
      await tell(["POST ~/roles/reader", { sql }]);
      const { username } = await credentials(vault, `${path}/creds/reader`);
      await vault.mariadb.kill();
      await tell("GET ~/creds/reader");
      await vault.mariadb.restart();
      const again = await credentials(vault, `${path}/creds/reader`);
      return [shape(username), shape(again.username)];
    }),
  ],
});
