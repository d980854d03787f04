import { sleep, systemClock } from "@minicluster/core";
import { contract } from "../contract.ts";
import { ask, dataOf, type Told, tokenOf } from "./asking.ts";
import { nodes } from "./node-backends.ts";
import { dialogue, onMount, type Question, type Tell } from "./telling.ts";

const mount = { type: "approle", auth: true };
const unauthenticated = { token: "" };
const login = (body: unknown): Question => ["POST ~/login", body, unauthenticated];

/** What both versions answer for a new secret-id; 1.14 says more. */
function made({ status, body }: Told): unknown {
  const { data, ...rest } = body as { data: Record<string, unknown> };
  const { secret_id, secret_id_accessor, secret_id_ttl } = data;
  return { status, ...rest, data: { secret_id, secret_id_accessor, secret_id_ttl } };
}

const refuses1_14 = { "1.14.0": "refuses a login with 500, and earlier: it looks for the role before the secret-id" };

contract({
  title: "Vault: AppRole",
  backends: nodes,
  behaviours: [
    dialogue({ name: "keeps, changes, lists and forgets roles", mount }, [
      [
        "POST ~/role/One",
        {
          token_policies: "a, b",
          token_ttl: "20m",
          token_max_ttl: "1h",
          secret_id_ttl: "10m",
          secret_id_num_uses: 3,
          unknown: 1,
        },
      ],
      "GET ~/role/one",
      "GET ~/role/ONE",
      [
        "POST ~/role/one",
        { token_ttl: 60, token_num_uses: 4, token_period: "30s", token_policies: ["c"], token_type: "service" },
      ],
      "GET ~/role/one",
      [
        "POST ~/role/two.b-c",
        { token_bound_cidrs: ["127.0.0.1/32", "10.0.0.0/8"], secret_id_bound_cidrs: "127.0.0.0/8" },
      ],
      "GET ~/role/two.b-c",
      "LIST ~/role",
      "DELETE ~/role/one",
      "GET ~/role/one",
      "LIST ~/role",
    ]),
    dialogue({ name: "takes policies by their old name", mount }, [
      ["POST ~/role/one", { policies: ["x", "y"] }],
      "GET ~/role/one",
      ["POST ~/role/one", { token_policies: ["z"] }],
      "GET ~/role/one",
    ]),
    dialogue({ name: "refuses roles that contradict themselves", mount }, [
      "GET ~/role/none",
      "LIST ~/role",
      "DELETE ~/role/none",
      ["POST ~/role/one", { token_ttl: "5h", token_max_ttl: "1h" }],
      ["POST ~/role/one", { token_ttl: "5x" }],
      ["POST ~/role/one", { token_ttl: -5 }],
      ["POST ~/role/one", { token_num_uses: -1 }],
      ["POST ~/role/one", { secret_id_num_uses: -1 }],
      ["POST ~/role/one", { secret_id_num_uses: "many" }],
      ["POST ~/role/one", { secret_id_bound_cidrs: "10.0.0.0/8,bad" }],
      ["POST ~/role/one", { token_bound_cidrs: "bad" }],
      ["POST ~/role/one", { bind_secret_id: false }],
      ["POST ~/role/one", { token_type: "what" }],
      ["POST ~/role/one", { role_id: "" }],
      "GET ~/role/one",
      "GET ~/role/-x",
      "GET ~/role/one/other",
      "GET ~/other",
      "GET ~/role/one/secret-id",
    ]),
    dialogue({ name: "warns of a max TTL beyond the mount's", mount }, [
      ["POST ~/role/one", { token_max_ttl: "9000h" }],
      ["POST ~/role/one", { bind_secret_id: false }],
    ]),
    onMount({ name: "has a role-id a role", mount }, async (tell) => {
      await tell(["POST ~/role/one", {}]);
      await tell("GET ~/role/one/role-id");
      await tell(["POST ~/role/one/role-id", { role_id: "mine" }]);
      await tell("GET ~/role/one/role-id");
      await tell(["POST ~/role/one/role-id", {}]);
      await tell("GET ~/role/none/role-id");
      await tell(["POST ~/role/none/role-id", { role_id: "x" }]);
      await tell(["POST ~/role/two", { role_id: "mine" }]);
      await tell(["POST ~/role/one", { role_id: "other" }]);
      await tell(["POST ~/role/two", { role_id: "mine" }]);
    }),
    onMount({ name: "makes secret-ids and shows what it keeps of them", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { secret_id_ttl: "10m", secret_id_num_uses: 3 }]);
      const random = await ask(vault, `POST ${path}/role/one/secret-id`);
      const bound = { metadata: '{"a":"b"}', cidr_list: ["127.0.0.0/8"], token_bound_cidrs: "127.0.0.1/32" };
      const custom = await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "custom", ...bound });
      await tell(["POST ~/role/one/secret-id/lookup", { secret_id: "custom" }]);
      const { secret_id_accessor } = dataOf(custom);
      await tell(["POST ~/role/one/custom-secret-id", { secret_id: "custom" }]);
      const byAccessor = await ask(vault, `POST ${path}/role/one/secret-id-accessor/lookup`, { secret_id_accessor });
      const listed = (dataOf(await ask(vault, `LIST ${path}/role/one/secret-id`))["keys"] as string[]).sort();
      const known = [random, custom].map((told) => String(dataOf(told)["secret_id_accessor"])).sort();
      return { random: made(random), custom: made(custom), byAccessor, complete: listed.join() === known.join() };
    }),
    dialogue(
      {
        name: "tells nothing about a new secret-id's uses, and lets no secret-id have its own",
        mount,
        differs: { "1.14.0": "tells secret_id_num_uses and takes ttl and num_uses" },
      },
      [
        ["POST ~/role/one", {}],
        ["POST ~/role/one/secret-id", { ttl: "5m", num_uses: 2 }],
      ],
    ),
    onMount({ name: "destroys secret-ids by themselves and by accessor", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one" }]);
      for (const secret_id of ["a", "b"]) {
        const custom = await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id });
        const { secret_id_accessor } = dataOf(custom);
        const isFirst = secret_id === "a";
        const destroyed = isFirst
          ? await ask(vault, `POST ${path}/role/one/secret-id/destroy`, { secret_id })
          : await ask(vault, `POST ${path}/role/one/secret-id-accessor/destroy`, { secret_id_accessor });
        await tell(["POST ~/role/one/secret-id/lookup", { secret_id }]);
        await tell(["DELETE ~/role/one/secret-id"]);
        const again = await ask(vault, `POST ${path}/role/one/secret-id-accessor/lookup`, { secret_id_accessor });
        if (destroyed.status !== 204 || again.status !== 404) throw new Error(JSON.stringify([destroyed, again]));
      }
      await tell("LIST ~/role/one/secret-id");
      await tell(["POST ~/role/one/secret-id/destroy", { secret_id: "none" }]);
    }),
    onMount({ name: "forgets a role's secret-ids with the role", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one" }]);
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "a" });
      await tell("DELETE ~/role/one");
      await tell(login({ role_id: "one", secret_id: "a" }));
      await tell(["POST ~/role/one", { role_id: "one" }]);
      await tell("LIST ~/role/one/secret-id");
    }),
    dialogue({ name: "refuses secret-ids that can't be", mount }, [
      ["POST ~/role/none/secret-id", {}],
      "LIST ~/role/none/secret-id",
      ["POST ~/role/none/secret-id/lookup", { secret_id: "a" }],
      ["POST ~/role/one", { secret_id_bound_cidrs: "127.0.0.0/8" }],
      ["POST ~/role/one/secret-id", { metadata: "zzz" }],
      ["POST ~/role/one/secret-id", { metadata: "a=" }],
      ["POST ~/role/one/secret-id", { metadata: { a: "b" } }],
      ["POST ~/role/one/secret-id", { cidr_list: "bad" }],
      ["POST ~/role/one/secret-id", { cidr_list: "10.0.0.0/8" }],
      ["POST ~/role/one/secret-id", { token_bound_cidrs: "bad" }],
      ["POST ~/role/one/custom-secret-id", {}],
      ["POST ~/role/one/secret-id/lookup", { secret_id: "none" }],
      ["POST ~/role/one/secret-id/lookup", {}],
      ["POST ~/role/one/secret-id/destroy", {}],
      ["POST ~/role/one/secret-id-accessor/lookup", { secret_id_accessor: "none" }],
      ["POST ~/role/one/secret-id-accessor/lookup", {}],
      ["POST ~/role/one/secret-id-accessor/destroy", { secret_id_accessor: "none" }],
      ["POST ~/role/two", { bind_secret_id: false, secret_id_bound_cidrs: "127.0.0.0/8" }],
      ["POST ~/role/two/secret-id", {}],
    ]),
    onMount(
      { name: "logs in as often as a secret-id has uses", mount, differs: refuses1_14 },
      async (tell, vault, path) => {
        await tell(["POST ~/role/one", { role_id: "one", secret_id_num_uses: 2, token_policies: "a" }]);
        const metadata = "B=c, d=e";
        await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "uses", metadata });
        await loginAndLook(tell);
        await loginAndLook(tell);
        await loginAndLook(tell);
      },
    ),
    onMount({ name: "lets no more logins in at once than a secret-id has uses", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one", secret_id_num_uses: 3 }]);
      const ids = { role_id: "one", secret_id: "few" };
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, ids);
      const logins = Array.from({ length: 8 }, () => ask(vault, `POST ${path}/login`, ids, unauthenticated));
      return (await Promise.all(logins)).filter(({ status }) => status === 200).length;
    }),
    dialogue({ name: "refuses to log in", mount, differs: refuses1_14 }, [
      ["POST ~/role/one", { role_id: "one" }],
      login({}),
      login({ role_id: "none" }),
      login({ role_id: "one" }),
      login({ role_id: "one", secret_id: "none" }),
      ["GET ~/login", undefined, unauthenticated],
    ]),
    dialogue({ name: "refuses roles and secret-ids that are not given", mount }, [
      ["POST ~/role/one", { role_id: "one" }],
      login({ role_id: "none" }),
      login({ role_id: "one" }),
      login({ role_id: "one", secret_id: " " }),
    ]),
    onMount({ name: "gives tokens as the role says", mount }, async (tell, vault, path) => {
      await tell([
        "POST ~/role/one",
        { role_id: "one", token_ttl: "20m", token_max_ttl: "1h", token_num_uses: 5, token_policies: "b,a" },
      ]);
      await tell(["POST ~/role/two", { role_id: "two", token_period: "3m", token_ttl: "1h" }]);
      for (const role of ["one", "two"]) {
        await ask(vault, `POST ${path}/role/${role}/custom-secret-id`, { secret_id: `of-${role}` });
        await tell(login({ role_id: ` ${role} `, secret_id: `of-${role}` }));
      }
    }),
    onMount({ name: "renews a token as the role says by then", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one", token_ttl: "20m", token_max_ttl: "1h" }]);
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "a" });
      const ids = { role_id: "one", secret_id: "a" };
      const own = { token: tokenOf(await ask(vault, `POST ${path}/login`, ids, unauthenticated)) };
      await tell(["POST ~/role/one", { token_ttl: "30m" }]);
      await tell(["POST auth/token/renew-self", {}, own]);
      await tell("DELETE ~/role/one");
      await tell(["POST auth/token/renew-self", {}, own]);
    }),
    onMount({ name: "looks at the addresses that logins are bound to", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/far", { role_id: "far", bind_secret_id: false, secret_id_bound_cidrs: "10.0.0.0/8" }]);
      await tell(login({ role_id: "far" }));
      await tell(["POST ~/role/far", { secret_id_bound_cidrs: "127.0.0.0/8" }]);
      await tell(login({ role_id: "far" }));
      await tell(["POST ~/role/one", { role_id: "one" }]);
      const cidr_list = "10.0.0.0/8";
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "away", cidr_list });
      await tell(login({ role_id: "one", secret_id: "away" }));
      await tell(["POST ~/role/one", { secret_id_num_uses: 1 }]);
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "once", cidr_list });
      await tell(login({ role_id: "one", secret_id: "once" }));
    }),
    onMount({ name: "binds a token to the addresses of its role or secret-id", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one", token_bound_cidrs: "10.0.0.0/8" }]);
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, { secret_id: "a" });
      const ids = { role_id: "one", secret_id: "a" };
      const own = { token: tokenOf(await ask(vault, `POST ${path}/login`, ids, unauthenticated)) };
      await tell(["GET auth/token/lookup-self", undefined, own]);
    }),
    onMount({ name: "wraps a secret-id", mount }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one" }]);
      const wrapped = await ask(vault, `POST ${path}/role/one/secret-id`, {}, { wrap: "1m" });
      const { token, accessor: _, ...info } = (wrapped.body as { wrap_info: Record<string, unknown> }).wrap_info;
      const unwrapped = await ask(vault, "POST sys/wrapping/unwrap", {}, { token: String(token) });
      const { secret_id } = dataOf(unwrapped);
      const loggedIn = await ask(vault, `POST ${path}/login`, { role_id: "one", secret_id }, unauthenticated);
      return { info, unwrapped: made(unwrapped), status: loggedIn.status };
    }),
    onMount({ name: "ends a secret-id after its TTL", mount, differs: refuses1_14 }, async (tell, vault, path) => {
      await tell(["POST ~/role/one", { role_id: "one", secret_id_ttl: "1s" }]);
      const ids = { role_id: "one", secret_id: "short" };
      await ask(vault, `POST ${path}/role/one/custom-secret-id`, ids);
      // A real one clears up once a minute, and takes it until then.
      while ((await ask(vault, `POST ${path}/login`, ids, unauthenticated)).status === 200)
        await sleep(systemClock, 500);
      await tell(login(ids));
      await tell("LIST ~/role/one/secret-id");
    }),
  ],
});

async function loginAndLook(tell: Tell): Promise<void> {
  await tell(login({ role_id: "one", secret_id: "uses" }));
  await tell(["POST ~/role/one/secret-id/lookup", { secret_id: "uses" }]);
}
