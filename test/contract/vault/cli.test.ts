import { requireLeg, startEmbeddedVault, startVault, type Vault } from "@minicluster/servers";
import type { BackendOf, Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./asking.ts";
import { vaultCommand } from "./command-line.ts";
import { type Node, nodes } from "./node-backends.ts";

/** Runs `vault WORDS`; `~` stands for a name of the behaviour's own. Gives back what it printed. */
type Run = (words: string, options?: { token?: string; input?: string }) => Promise<string>;

let behaviours = 0;

/** What the command line prints, one command after the other. */
function commands<Of>(
  name: string,
  of: (backend: Of) => Promise<{ vault: Vault; token: string }>,
  tell: (run: Run) => Promise<void>,
): Behaviour<Of> {
  behaviours += 1;
  const own = `own${behaviours}x`;
  return {
    name,
    run: async (backend) => {
      const { vault, token } = await of(backend);
      const { address } = vault;
      const transcript: unknown[] = [];
      await tell(async (words, { token: other, input } = {}) => {
        const parts = words.replaceAll("~", own).split(" ");
        const told = await vaultCommand(parts, { address, token: other ?? token, input: input?.replaceAll("~", own) });
        transcript.push([tidy(words), told.code, tidy(told.stdout), tidy(told.stderr)]);
        return told.stdout;
      });
      return mask(transcript, { [address]: "address", [own]: "own", [vault.version]: "version" });
    },
  };
}

/** Without what is chance or the build's, and without the widths of columns, which follow it. */
function tidy(text: string): string {
  return (
    text
      // 1.11.0 says of parameters it takes that it ignores them.
      .replace(/WARNING! The following warnings[^\]]*Endpoint ignored[^\]]*\]\n\n/g, "")
      .replace(/\b(?:hvs|s)\.[\w-]{20,}/g, "<token>")
      .replace(/^(.*accessor:? +)\S+$/gm, "$1<accessor>")
      .replace(/((?:cubbyhole|identity|system|token|kv|approle|auth_\w+)_)[0-9a-f]{8}/g, "$1<8>")
      .replace(/^(Build Date|Storage Type|Cluster Name|Cluster ID|Version) +.*$/gm, "$1 <own>")
      .replace(/^(Unseal Key \d: |Initial Root Token: ).*$/gm, "$1<key>")
      .replace(/\d+h\d+m\d+s/g, "<life>")
      .replace(
        /^((?:wrapping_token_creation_time:|token_duration|creation_time|issue_time|expire_time|last_renewal\w*|creation_ttl|ttl) +).*$/gm,
        "$1<time>",
      )
      .replace(/-{3,}/g, "---")
      .replace(/={3,}/g, "===")
      .replace(/ {2,}/g, "  ")
  );
}

const one = (name: string, tell: (run: Run) => Promise<void>): Behaviour<Node> =>
  commands<Node>(name, async (node) => node, tell);

const tokenIn = (printed: string): string => /\b(?:hvs|s)\.[\w-]{20,}/.exec(printed)?.[0] ?? "";

/** The command line is a real Vault's, whoever answers it. */
const commanded = <Backend>(backends: readonly BackendOf<Backend>[]): readonly BackendOf<Backend>[] =>
  backends.map(({ missing, ...backend }) => ({
    ...backend,
    missing: async () => (await missing()) ?? (await requireLeg("vault-1.11.0")),
  }));

contract({
  title: "Vault: the command line",
  backends: commanded(nodes),
  behaviours: [
    one("status", async (vault) => {
      await vault("status");
    }),
    one("login, and the token's own commands", async (vault) => {
      await vault("login -no-store -", { token: "", input: "nope" });
      const made = await vault("token create -policy=default -ttl=1h -display-name=~");
      const token = tokenIn(made);
      await vault("login -no-store -", { token: "", input: token });
      await vault("token lookup", { token });
      await vault("token renew", { token });
      await vault("token capabilities sys/mounts", { token });
      await vault("token capabilities auth/token/lookup-self", { token });
      await vault("token revoke -self", { token });
      await vault("token lookup", { token });
    }),
    one("policies", async (vault) => {
      await vault("policy write ~ -", { input: 'path "a/*" { capabilities = ["read"] }' });
      await vault("policy read ~");
      await vault("policy write ~ -", { input: 'path "a/*" { capabilities = ["fly"] }' });
      await vault("policy delete ~");
      await vault("policy read ~");
      await vault("policy read root");
    }),
    one("auth methods and secrets engines", async (vault) => {
      await vault("secrets enable -path=~ -description=mine kv");
      await vault("secrets tune -default-lease-ttl=1h ~");
      await vault("secrets enable -path=~ kv");
      await vault("secrets enable nope");
      await vault("secrets disable ~");
      await vault("auth enable -path=~ approle");
      await vault("auth tune -max-lease-ttl=2h ~");
      await vault("auth enable -path=~ approle");
      await vault("auth disable ~");
    }),
    one("lists of what is mounted", async (vault) => {
      await vault("secrets list -format=json");
      await vault("auth list");
      await vault("secrets list");
    }),
    one("wrapped answers", async (vault) => {
      const wrapped = tokenIn(await vault("write -wrap-ttl=1m sys/wrapping/wrap a=b"));
      await vault(`write sys/wrapping/lookup token=${wrapped}`);
      await vault(`unwrap ${wrapped}`);
      await vault(`unwrap ${wrapped}`);
    }),
    one("reads, writes, lists and deletes", async (vault) => {
      await vault("write cubbyhole/~/a b=c d=5");
      await vault("read cubbyhole/~/a");
      await vault("read -field=b cubbyhole/~/a");
      await vault("list cubbyhole/~");
      await vault("delete cubbyhole/~/a");
      await vault("read cubbyhole/~/a");
      await vault("list cubbyhole/~");
      await vault("read nope/nope");
      await vault("write cubbyhole/~/a -", { input: '{"x": {"y": [1]}}' });
      await vault("read -format=yaml -field=x cubbyhole/~/a");
    }),
    one("leases", async (vault) => {
      await vault("lease lookup nope");
      await vault("lease renew nope");
      await vault("lease revoke nope");
      await vault("lease revoke -prefix nope/");
    }),
    one("audit devices", async (vault) => {
      await vault("audit enable -path=~ file file_path=discard");
      await vault("audit list");
      await vault("audit disable ~");
      await vault("audit disable ~");
    }),
  ],
});

/** A Vault of a behaviour's own. */
interface Fresh {
  start: () => Promise<Vault>;
}

const fresh: readonly BackendOf<Fresh>[] = [
  // The command line of 1.11.0 can't initialise a Vault 1.14.0: it sends shares for recovery, which that refuses.
  {
    name: "1.11.0",
    missing: () => requireLeg("vault-1.11.0"),
    start: async () => ({ start: () => startVault({ version: "1.11.0" }), [Symbol.asyncDispose]: async () => {} }),
  },
  {
    name: "embedded",
    missing: async () => undefined,
    start: async () => ({ start: () => startEmbeddedVault(), [Symbol.asyncDispose]: async () => {} }),
  },
];

contract({
  title: "Vault: operator commands",
  backends: commanded(fresh),
  behaviours: [
    {
      name: "init, unseal, seal, step-down",
      run: async ({ start }) => {
        await using vault = await start();
        const printed: string[] = [];
        const operator = commands<Vault>(
          "",
          async () => ({ vault, token: "" }),
          async (run) => {
            await run("status");
            const made = await run("operator init -key-shares=3 -key-threshold=2");
            printed.push(made);
            const keys = [...made.matchAll(/Unseal Key \d: (\S+)/g)].map((match) => match[1] ?? "");
            const token = /Initial Root Token: (\S+)/.exec(made)?.[1] ?? "";
            await run("operator init");
            await run("operator init -status");
            await run("operator unseal -", { input: "" });
            await run(`operator unseal ${keys[2]}`);
            await run(`operator unseal -reset`);
            await run(`operator unseal ${keys[0]}`);
            await run(`operator unseal ${keys[1]}`);
            await run("operator step-down", { token: "nope" });
            await run("operator step-down", { token });
            await run("operator seal", { token: "nope" });
            await run("operator seal", { token });
            await run("status");
          },
        );
        const text = JSON.stringify(await operator.run(vault));
        const keys = printed.flatMap((made) =>
          [...made.matchAll(/Unseal Key \d: (\S+)/g)].map((match) => match[1] ?? ""),
        );
        return JSON.parse(keys.reduce((so, key) => so.replaceAll(key, "<key>"), text)) as unknown;
      },
    },
  ],
});

/** What a real Vault has and the embedded one says by name that it has not. */
contract({
  title: "Vault: what the embedded one has not",
  backends: commanded(nodes.filter(({ name }) => name === "embedded")),
  behaviours: [
    one("the command line is told so", async (vault) => {
      await vault("path-help sys");
      await vault("token create -role=a");
      await vault("token create -type=batch");
      await vault("operator key-status");
      await vault("plugin list");
      await vault("secrets move a b");
      await vault("operator rotate");
      await vault("operator rekey -init -key-shares=1 -key-threshold=1");
      await vault("operator generate-root -init");
      await vault("namespace list");
      await vault("read identity/entity/id/a");
      await vault("audit enable syslog");
    }),
    {
      name: "a namespace other than the root is refused",
      run: async (node) => {
        const headers = { "X-Vault-Token": node.token, "X-Vault-Namespace": "team" };
        const answer = await fetch(`${node.address}/v1/sys/mounts`, { headers });
        const told = [answer.status, await answer.json()];
        if (answer.status !== 501) throw new Error(JSON.stringify(told));
        return told;
      },
    },
    {
      name: "and so is who asks over HTTP: 501 with the name",
      run: async (node) => {
        const asked = [
          "GET sys/rotate",
          "PUT sys/remount",
          "GET sys/plugins/catalog",
          "PUT sys/tools/random",
          "LIST auth/token/roles",
        ];
        const told = await Promise.all(asked.map(async (what) => [what, await ask(node, what)]));
        for (const [, answer] of told)
          if ((answer as { status: number }).status !== 501) throw new Error(JSON.stringify(told));
        return told;
      },
    },
  ],
});
