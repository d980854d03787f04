import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

const periodMs = 6_000;
const role = { name: "todo-static", account: "fixed" };
const credentials = `database/static-creds/${role.name}`;
const rotations = inFull(3, 1);

drill({
  name: "static-role-rotated",
  what: "Vault changes the password of an account that all services share, every 6 s",
  vault: { engine: "database" },
  must: { p99: 1.5, issued: 0 },
  // New connections all the time: only those are asked for the password.
  pool: { idleTimeout: "500ms" },
  async prepare({ mysql, vault }) {
    await mysql.admin(`CREATE USER '${role.account}'@'%' IDENTIFIED BY 'first'`);
    await mysql.admin(`GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON \`todo\`.* TO '${role.account}'@'%'`);
    await using operator = await vault.operator();
    await operator.write("database/config/mysql", { allowed_roles: `todo,${role.name}` });
    await operator.write(`database/static-roles/${role.name}`, {
      db_name: "mysql",
      username: role.account,
      rotation_period: `${periodMs / 1_000}s`,
    });
    await operator.write("sys/policies/acl/todo", { policy: `path "${credentials}" { capabilities = ["read"] }` });
    return { MYSQL_CREDENTIALS: credentials };
  },
  async run(world) {
    await world.fault("a password that Vault changes every 6 s");
    await world.until("new passwords", (rotations + 1) * periodMs, async () => world.rotations[rotations - 1]);
    await world.wait(2_000);
    const { accounts } = await world.cluster.mysql
      .admin(`SELECT COUNT(DISTINCT user) AS accounts FROM information_schema.processlist WHERE db = 'todo'`)
      .then(([row]) => row as { accounts: number });
    world.check("all use the one account", Number(accounts) === 1, accounts);
  },
});
