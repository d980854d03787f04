import { sleep, systemClock } from "@minicluster/core";
import { contract } from "../contract.ts";
import { ask, dataOf, type Told } from "./asking.ts";
import { accounts, grantsOf, type MysqlBackend, mysqlBackends, mysqlValues } from "./mysql-backends.ts";
import { dialogue, onMount, type Question } from "./telling.ts";

const mount = { type: "database" };
const values = mysqlValues;
const plugin_name = "mysql-database-plugin";
const connection_url = "{{username}}:{{password}}@tcp({{mysql}})/";
const configured: Question = [
  "POST ~/config/my",
  { plugin_name, connection_url, username: "root", password: "{{root}}", allowed_roles: "*" },
];
const creation_statements =
  "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; GRANT SELECT ON *.* TO '{{username}}'@'%';";
const role: Question = [
  "POST ~/roles/reader",
  { db_name: "my", creation_statements, default_ttl: "1h", max_ttl: "24h" },
];

interface Credentials {
  told: Told;
  lease: string;
  username: string;
  password: string;
}

async function credentials(vault: MysqlBackend, path: string): Promise<Credentials> {
  const told = await ask(vault, `GET ${path}`);
  const { username, password } = dataOf(told) as { username: string; password: string };
  return { told, lease: (told.body as { lease_id: string }).lease_id, username, password };
}

/** Letters and digits as `x`, so that length and separators show; the words of display and role names stay. */
function shape(username: string): string {
  return username.replace(
    /^(v-(?:root-)?[^-]*-)([A-Za-z0-9]+)(-?)(\d*)$/,
    (_, words, random, dash, time) => `${words}${"x".repeat(random.length)}${dash}${"9".repeat(time.length)}`,
  );
}

function passwordIsAsExpected(password: string): boolean {
  return /^[A-Za-z0-9-]{20}$/.test(password) && [/[a-z]/, /[A-Z]/, /\d/, /-/].every((kind) => kind.test(password));
}

/** Of an answer with a lease: all but what is chance. */
function leased({ told: { status, body }, lease, username, password }: Credentials): unknown {
  const { data: _, lease_id: __, ...rest } = body as Record<string, unknown>;
  return {
    status,
    ...rest,
    lease: lease.replace(/[A-Za-z0-9]{24}$/, "<24>"),
    username: shape(username),
    password: passwordIsAsExpected(password),
  };
}

const wordsOf1_14 = { "1.14.0": "words the failed connection in another way" };

contract({
  title: "Vault: database",
  backends: mysqlBackends,
  behaviours: [
    dialogue(
      {
        name: "is configured, and shows all but the password",
        mount,
        values,
        differs: { "1.14.0": "shows plugin_version" },
      },
      [
        configured,
        "GET ~/config/my",
        ["POST ~/config/my", { allowed_roles: ["a", "b*"], root_rotation_statements: "SELECT 1", other: "kept" }],
        "GET ~/config/my",
      ],
    ),
    dialogue({ name: "lists and forgets configurations", mount, values }, [
      "LIST ~/config",
      configured,
      ["POST ~/config/far", { plugin_name, connection_url: "a:b@tcp(127.0.0.1:1)/", verify_connection: false }],
      "LIST ~/config",
      "DELETE ~/config/far",
      "DELETE ~/config/far",
      "GET ~/config/far",
      "LIST ~/config",
    ]),
    dialogue({ name: "refuses configurations that can't be", mount, values }, [
      ["POST ~/config/my", {}],
      ["POST ~/config/my", { plugin_name: "my-plugin" }],
      ["POST ~/config/my", { plugin_name }],
      ["POST ~/config/my", { plugin_name, connection_url, verify_connection: "maybe" }],
      ["POST ~/config/my", { plugin_name, connection_url, max_connection_lifetime: "5x" }],
      "GET ~/config/my",
      "GET ~/other",
      "POST ~/reset/my",
      "POST ~/rotate-root/my",
    ]),
    dialogue({ name: "refuses a MySQL that it can't reach or that refuses it", mount, values, differs: wordsOf1_14 }, [
      ["POST ~/config/my", { plugin_name, connection_url, username: "root", password: "wrong" }],
      ["POST ~/config/my", { plugin_name, connection_url: "a:b@tcp(127.0.0.1:1)/" }],
      ["POST ~/config/my", { plugin_name, connection_url: "no slash" }],
      "GET ~/config/my",
      ["POST ~/config/far", { plugin_name, connection_url: "a:b@tcp(127.0.0.1:1)/", verify_connection: false }],
      "POST ~/reset/far",
    ]),
    dialogue({ name: "keeps, changes, lists and forgets roles", mount, values }, [
      "LIST ~/roles",
      role,
      "GET ~/roles/reader",
      ["POST ~/roles/reader", { revocation_statements: ["DROP USER '{{name}}'@'%'", ""], max_ttl: 60, unknown: 1 }],
      ["POST ~/roles/reader", { rollback_statements: "a", renew_statements: ["b", "c"], creation_statements: [] }],
      "GET ~/roles/reader",
      ["POST ~/roles/other", { db_name: "none", credential_type: "password" }],
      "LIST ~/roles",
      "DELETE ~/roles/other",
      "DELETE ~/roles/other",
      "GET ~/roles/other",
      ["POST ~/roles/bad", {}],
      ["POST ~/roles/bad", { db_name: "my", default_ttl: "zz" }],
      ["POST ~/roles/bad", { db_name: "my", max_ttl: -1 }],
      ["POST ~/roles/bad", { db_name: "my", credential_type: "what" }],
      "GET ~/roles/bad",
    ]),
    onMount<MysqlBackend>(
      { name: "makes an account that ends with its lease", mount, values },
      async (tell, vault, path) => {
        for (const question of [configured, role]) await tell(question);
        const made = await credentials(vault, `${path}/creds/reader`);
        const able = await grantsOf(vault, made.username, made.password);
        const looked = dataOf(await ask(vault, "PUT sys/leases/lookup", { lease_id: made.lease }));
        const revoked = await ask(vault, "PUT sys/leases/revoke", { lease_id: made.lease });
        const after = await grantsOf(vault, made.username, made.password);
        const { id: _, ttl: __, ...lease } = looked;
        return [leased(made), able, lease, revoked, after, await accounts(vault, made.username)];
      },
    ),
    onMount<MysqlBackend>(
      { name: "revokes in the background when asked to", mount, values },
      async (tell, vault, path) => {
        for (const question of [configured, role]) await tell(question);
        const made = await credentials(vault, `${path}/creds/reader`);
        const answer = await ask(vault, "PUT sys/leases/revoke", { lease_id: made.lease, sync: false });
        while ((await accounts(vault, made.username)) > 0) await sleep(systemClock, 20);
        return answer;
      },
    ),
    onMount<MysqlBackend>(
      { name: "renews a lease as its role says by then", mount, values },
      async (tell, vault, path) => {
        for (const question of [configured, role]) await tell(question);
        const made = await credentials(vault, `${path}/creds/reader`);
        const renew = async (increment?: number): Promise<unknown> => {
          const { status, body } = await ask(vault, "PUT sys/leases/renew", { lease_id: made.lease, increment });
          const { lease_id: _, ...rest } = body as Record<string, unknown>;
          return { status, ...rest };
        };
        const answers = [await renew(), await renew(120)];
        await tell(["POST ~/roles/reader", { default_ttl: "30m" }]);
        answers.push(await renew());
        await tell("DELETE ~/roles/reader");
        answers.push(await renew());
        return answers;
      },
    ),
    onMount<MysqlBackend>(
      { name: "drops the accounts of a token with it", mount, values },
      async (tell, vault, path) => {
        for (const question of [configured, role]) await tell(question);
        await ask(vault, "PUT sys/policies/acl/reads", {
          policy: `path "${path}/creds/*" { capabilities = ["read"] }`,
        });
        const created = await ask(vault, "POST auth/token/create", {
          policies: ["reads"],
          display_name: "a-long-name",
        });
        const token = (created.body as { auth: { client_token: string } }).auth.client_token;
        const made = await credentials({ ...vault, token }, `${path}/creds/reader`);
        const before = await accounts(vault, made.username);
        await ask(vault, "POST auth/token/revoke", { token });
        while ((await accounts(vault, made.username)) > 0) await sleep(systemClock, 20);
        return [made.username.replace(/(?<=reader-).*/, ""), before];
      },
    ),
    onMount<MysqlBackend>(
      { name: "drops an account as its role says, then as it said", mount, values },
      async (tell, vault, path) => {
        for (const question of [configured, role]) await tell(question);
        const [one, two] = [
          await credentials(vault, `${path}/creds/reader`),
          await credentials(vault, `${path}/creds/reader`),
        ];
        const revocation_statements = "RENAME USER '{{name}}'@'%' TO 'renamed'@'%'";
        await tell(["POST ~/roles/reader", { revocation_statements }]);
        await ask(vault, "PUT sys/leases/revoke", { lease_id: one.lease });
        const renamed = await accounts(vault, "renamed");
        await tell("DELETE ~/roles/reader");
        await ask(vault, "PUT sys/leases/revoke", { lease_id: two.lease });
        return [renamed, await accounts(vault, one.username), await accounts(vault, two.username)];
      },
    ),
    onMount<MysqlBackend>(
      { name: "names accounts shortly for older servers", mount, values },
      async (tell, vault, path) => {
        const names: unknown[] = [];
        for (const kind of ["mysql-legacy", "mysql-rds", "mysql-aurora"]) {
          const of = {
            plugin_name: `${kind}-database-plugin`,
            username: "root",
            password: "{{root}}",
            allowed_roles: "reader",
          };
          await tell(["POST ~/config/my", { ...of, connection_url }]);
          await tell(role);
          names.push(shape((await credentials(vault, `${path}/creds/reader`)).username));
        }
        return names;
      },
    ),
    onMount<MysqlBackend>({ name: "refuses credentials", mount, values }, async (tell) => {
      await tell(configured);
      await tell(["POST ~/config/my", { allowed_roles: ["reader", "s*", "*e"] }]);
      await tell("GET ~/creds/none");
      await tell(["POST ~/creds/reader", {}]);
      await tell(["POST ~/roles/other", { db_name: "my", creation_statements }]);
      await tell("GET ~/creds/other");
      await tell(["POST ~/roles/reader", { db_name: "my" }]);
      await tell("GET ~/creds/reader");
      await tell(["POST ~/roles/syntax", { db_name: "my", creation_statements: "CREATE USERS" }]);
      await tell("GET ~/creds/syntax");
      await tell(["POST ~/roles/same", { db_name: "my", creation_statements: "CREATE USER root@127.0.0.1" }]);
      await tell("GET ~/creds/same");
      await tell(["POST ~/roles/nowhere", { db_name: "none", creation_statements }]);
      await tell("GET ~/creds/nowhere");
      await tell([
        "POST ~/config/far",
        { plugin_name, connection_url: "a:b@tcp(127.0.0.1:1)/", verify_connection: false, allowed_roles: "*" },
      ]);
      await tell(["POST ~/roles/some", { db_name: "far", creation_statements }]);
      await tell("GET ~/creds/some");
    }),
    dialogue({ name: "finds out late that a URL is none, when told not to look", mount, values }, [
      ["POST ~/config/my", { plugin_name, connection_url: "no slash", verify_connection: false, allowed_roles: "*" }],
      role,
      "GET ~/creds/reader",
    ]),
    onMount<MysqlBackend>({ name: "rotates the configured account's password", mount, values }, async (tell, vault) => {
      const { mariadb } = vault;
      await mariadb.admin("CREATE USER manager@'%' IDENTIFIED BY 'first'");
      await mariadb.admin("GRANT ALL ON *.* TO manager@'%' WITH GRANT OPTION");
      await tell([
        "POST ~/config/my",
        { plugin_name, connection_url, username: "manager", password: "first", allowed_roles: "*" },
      ]);
      await tell("POST ~/rotate-root/my");
      const old = await grantsOf(vault, "manager", "first");
      await tell(role);
      await tell("POST ~/reset/my");
      await tell([
        "POST ~/config/url",
        { plugin_name, connection_url: "manager:x@tcp({{mysql}})/", verify_connection: false },
      ]);
      await tell("POST ~/rotate-root/url");
      await tell(["POST ~/config/my", configured[1]]);
      await tell("POST ~/rotate-root/my");
      return old;
    }),
    onMount<MysqlBackend>({ name: "goes on when MySQL comes back", mount, values }, async (tell, vault, path) => {
      for (const question of [configured, role]) await tell(question);
      const made = await credentials(vault, `${path}/creds/reader`);
      await vault.mariadb.kill();
      await tell("GET ~/creds/reader");
      const failed = await ask(vault, "PUT sys/leases/revoke", { lease_id: made.lease });
      await vault.mariadb.restart();
      const again = await credentials(vault, `${path}/creds/reader`);
      const revoked = await ask(vault, "PUT sys/leases/revoke", { lease_id: made.lease });
      return [failed.status, shape(again.username), revoked.status, await accounts(vault, made.username)];
    }),
  ],
});
