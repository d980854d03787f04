import { requireLeg } from "@minicluster/servers";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { vaultCommand } from "./command-line.ts";
import { type MysqlBackend, mysqlBackends } from "./mysql-backends.ts";

/** Runs `vault …` with the root token, or another; `~` in the words stands for a name of the behaviour's own. */
type Run = (words: string, options?: { token?: string }) => Promise<string>;

let behaviours = 0;

/** The command lines of one behaviour, one after the other; what they print is the transcript. */
function commands(name: string, tell: (vault: Run, backend: MysqlBackend) => Promise<void>): Behaviour<MysqlBackend> {
  behaviours += 1;
  const own = `cli${behaviours}x`;
  return {
    name,
    run: async (backend) => {
      const transcript: unknown[] = [];
      const { address } = backend;
      await tell(async (words, { token = backend.token } = {}) => {
        // Blanks within double quotes belong to a word.
        const parts = words.replaceAll("~", own).split(/ (?=(?:[^"]*"[^"]*")*[^"]*$)/);
        const told = await vaultCommand(
          parts.map((word) => word.replaceAll('"', "")),
          { address, token },
        );
        transcript.push([tidy(words), told.code, tidy(told.stdout), tidy(told.stderr)]);
        return told.stdout;
      }, backend);
      const { port, rootPassword } = backend.mariadb;
      const values = {
        [own]: "own",
        [`127.0.0.1:${port}`]: "mysql",
        [rootPassword.reveal()]: "root",
        [backend.address]: "address",
      };
      return mask(transcript, values);
    },
  };
}

/** Without what is chance, and without the widths of columns, which follow it. */
function tidy(text: string): string {
  return (
    text
      .replace(/\b(?:hvs|s)\.[\w-]{20,}/g, "<token>")
      .replace(/(token_accessor +)\S+/g, "$1<accessor>")
      .replace(/(creds\/\w+\/)[A-Za-z0-9]{24}/g, "$1<24>")
      .replace(/(password +)\S+/g, "$1<password>")
      .replace(/(username +)(v-root-\w+-)\S+/g, "$1$2<chance>")
      .replace(/(username +)(\w{4}-root-)\S+/g, "$1$2<chance>")
      .replace(/(metadata|deletion_time|created_time|custom_metadata) +/g, "$1 ")
      // The command line prints a map in an order of its own, another one each time.
      .replace(/(?:^token_meta_.*\n)+/gm, (lines) =>
        lines
          .split(/(?<=\n)/)
          .sort()
          .join(""),
      )
      .replace(/-{3,}/g, "---")
      .replace(/={3,}/g, "===")
      .replace(/ {2,}/g, "  ")
  );
}

const everywhere: readonly Behaviour<MysqlBackend>[] = [
  commands("kv, version 1", async (vault) => {
    await vault("secrets enable -path=~ kv");
    await vault("kv put ~/a x=1 y=two");
    await vault("kv get ~/a");
    await vault("kv get -field=y ~/a");
    await vault("kv put ~/deep/er z=3");
    await vault("kv list ~/");
    await vault("read ~/a");
    await vault("list ~/deep");
    await vault("write ~/b ttl=30m");
    await vault("read ~/b");
    await vault("kv delete ~/a");
    await vault("kv get ~/a");
    await vault("kv list ~/nope");
    await vault("secrets disable ~");
    await vault("kv get ~/a");
  }),
  commands("kv, version 2", async (vault) => {
    await vault("secrets enable -path=~ -version=2 kv");
    await vault("kv put ~/a x=1");
    await vault("kv put -cas=1 ~/a x=2");
    await vault("kv put -cas=1 ~/a x=3");
    await vault("kv get ~/a");
    await vault("kv get -version=1 -field=x ~/a");
    await vault("kv list ~/");
    await vault("kv metadata put -max-versions=5 -custom-metadata=owner=me ~/a");
    await vault("kv metadata get ~/a");
    await vault("kv delete ~/a");
    await vault("kv get ~/a");
    await vault("kv undelete -versions=2 ~/a");
    await vault("kv get -field=x ~/a");
    await vault("kv delete -versions=1 ~/a");
    await vault("kv destroy -versions=1 ~/a");
    await vault("kv rollback -version=2 ~/a");
    await vault("read ~/data/a");
    await vault("read ~/a");
    await vault("write ~/a x=1");
    await vault("kv metadata delete ~/a");
    await vault("kv get ~/a");
  }),
  commands("approle", async (vault) => {
    await vault("auth enable -path=~ approle");
    await vault("write auth/~/role/one role_id=one token_policies=default token_ttl=20m");
    await vault("read auth/~/role/one");
    await vault("read auth/~/role/one/role-id");
    await vault("write -field=secret_id auth/~/role/one/custom-secret-id secret_id=mine");
    await vault("list auth/~/role");
    await vault("write auth/~/login role_id=one secret_id=mine", { token: "" });
    await vault("write auth/~/login role_id=two secret_id=mine", { token: "" });
    await vault("delete auth/~/role/one");
    await vault("list auth/~/role");
  }),
  commands("database", async (vault, { mariadb }) => {
    await vault("secrets enable -path=~ database");
    const access = `connection_url={{username}}:{{password}}@tcp(127.0.0.1:${mariadb.port})/ username=root password=${mariadb.rootPassword.reveal()}`;
    await vault(`write ~/config/my plugin_name=mysql-database-plugin ${access} allowed_roles=*`);
    await vault("list ~/config");
    await vault(
      `write ~/roles/reader db_name=my "creation_statements=CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'" default_ttl=1h`,
    );
    await vault("read ~/roles/reader");
    const credentials = await vault("read ~/creds/reader");
    const lease = /lease_id +(\S+)/.exec(credentials)?.[1] ?? "";
    await vault(`lease renew ${lease}`);
    await vault(`lease revoke ${lease}`);
    await vault(`lease renew ${lease}`);
    await mariadb.admin("CREATE USER IF NOT EXISTS cli@'%' IDENTIFIED BY 'first'");
    await vault("write ~/static-roles/shared db_name=my username=cli rotation_period=1h");
    await vault("read -field=username ~/static-creds/shared");
    await vault("write -f ~/rotate-role/shared");
    await vault("delete ~/static-roles/shared");
    await vault("read ~/static-creds/shared");
  }),
];

const legacy: readonly Behaviour<MysqlBackend>[] = [
  commands("app-id", async (vault) => {
    await vault("auth enable -path=~ app-id");
    await vault("write auth/~/map/app-id/one value=default display_name=One");
    await vault("write auth/~/map/user-id/me value=one");
    await vault("read auth/~/map/app-id/one");
    await vault("write auth/~/login app_id=one user_id=me", { token: "" });
    await vault("write auth/~/login/one user_id=you", { token: "" });
  }),
  commands("mysql", async (vault, { mariadb }) => {
    await vault("secrets enable -path=~ mysql");
    await vault(
      `write ~/config/connection connection_url=root:${mariadb.rootPassword.reveal()}@tcp(127.0.0.1:${mariadb.port})/`,
    );
    await vault("write ~/config/lease lease=1h lease_max=24h");
    await vault(`write ~/roles/reader "sql=CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'"`);
    const credentials = await vault("read ~/creds/reader");
    await vault(`lease revoke ${/lease_id +(\S+)/.exec(credentials)?.[1] ?? ""}`);
    await vault("lease revoke -prefix ~/");
    await vault("list ~/roles");
    await vault("delete ~/roles/reader");
  }),
];

/** The command line is a real Vault's, whoever answers it. */
const commanded = mysqlBackends.map(({ missing, ...backend }) => ({
  ...backend,
  missing: async () => (await missing()) ?? (await requireLeg("vault-1.11.0")),
}));

contract({ title: "Vault: the command line and the engines", backends: commanded, behaviours: everywhere });
contract({
  title: "Vault: the command line and the engines that later versions have no more",
  backends: commanded.filter(({ name }) => name !== "1.14.0"),
  behaviours: legacy,
});
