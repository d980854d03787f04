import { contract } from "../contract.ts";
import { ask, tokenOf } from "./asking.ts";
import { nodes } from "./node-backends.ts";
import { dialogue, onMount, type Question } from "./telling.ts";

const mount = { type: "app-id", auth: true };

/** An app-id and a user-id that go together. */
const pair: readonly Question[] = [
  ["POST ~/map/app-id/todo", { value: "todo, other", display_name: "Todo" }],
  ["POST ~/map/user-id/user", { value: "todo, none ,plain" }],
];

const unauthenticated = { token: "" };
const login = (body: unknown, path = "~/login"): Question => [`POST ${path}`, body, unauthenticated];

contract({
  title: "Vault: app-id",
  // Later versions have it no more.
  backends: nodes.filter(({ name }) => name !== "1.14.0"),
  behaviours: [
    dialogue({ name: "maps app-ids to policies and user-ids to app-ids", mount }, [
      ["POST ~/map/app-id/todo", { value: "todo, other", display_name: "Todo", extra: "x" }],
      "GET ~/map/app-id/todo",
      ["PUT ~/map/app-id/todo", { value: 5, key: "other" }],
      "GET ~/map/app-id/todo",
      "POST ~/map/app-id/plain",
      "GET ~/map/app-id/plain",
      ["POST ~/map/user-id/user", { value: "todo", cidr_block: "10.0.0.0/8" }],
      "GET ~/map/user-id/user",
      "DELETE ~/map/user-id/user",
      "GET ~/map/user-id/user",
      "DELETE ~/map/user-id/user",
    ]),
    onMount({ name: "lists hashes in place of ids", mount }, async (tell, vault, path) => {
      await tell("LIST ~/map/app-id");
      await tell("GET ~/map/app-id");
      await tell("LIST ~/map/user-id");
      await ask(vault, `POST ${path}/map/app-id/one`, { value: "a" });
      await ask(vault, `POST ${path}/map/app-id/two`, { value: "a" });
      const listed = await Promise.all(["LIST", "GET"].map((verb) => ask(vault, `${verb} ${path}/map/app-id`)));
      return listed.map(({ status, body }) => [status, JSON.stringify(body).replaceAll(/s[0-9a-f]{64}/g, "hash")]);
    }),
    dialogue({ name: "refuses maps that are none", mount }, [
      ["POST ~/map/app-id/list", { value: ["a", "b"] }],
      ["POST ~/map/app-id", { value: "a" }],
      "GET ~/map/app-id/a.b",
      "GET ~/map/other/a",
      "GET ~/other",
      "DELETE ~/map/app-id",
    ]),
    dialogue({ name: "logs in with the two ids, in the body or the path", mount }, [
      ...pair,
      login({ app_id: "todo", user_id: "user" }),
      login({ user_id: "user" }, "~/login/todo"),
      login({ app_id: "x", user_id: "user", more: 1 }, "~/login/todo"),
      ["POST ~/map/app-id/plain", {}],
      login({ app_id: "plain", user_id: "user" }),
      ["POST ~/map/app-id/default", { value: "for-all" }],
      login({ app_id: "todo", user_id: "user" }),
    ]),
    dialogue({ name: "refuses to log in", mount }, [
      ...pair,
      login({ app_id: "todo", user_id: "nobody" }),
      login({ app_id: "none", user_id: "user" }),
      ["POST ~/map/app-id/other", { value: "other" }],
      login({ app_id: "other", user_id: "user" }),
      login({ app_id: "todo" }),
      login({ user_id: "user" }),
      login({}),
      ["GET ~/login", undefined, unauthenticated],
      "DELETE ~/map/app-id/todo",
      login({ app_id: "todo", user_id: "user" }),
    ]),
    dialogue({ name: "looks at the address that a user-id is bound to", mount }, [
      ...pair,
      ["POST ~/map/user-id/far", { value: "todo", cidr_block: "10.0.0.0/8" }],
      login({ app_id: "todo", user_id: "far" }),
      ["POST ~/map/user-id/near", { value: "todo", cidr_block: "127.0.0.0/8" }],
      login({ app_id: "todo", user_id: "near" }),
      ["POST ~/map/user-id/bad", { value: "todo", cidr_block: "bad" }],
      login({ app_id: "todo", user_id: "bad" }),
    ]),
    onMount({ name: "renews a token for as long as the maps say the same", mount }, async (tell, vault, path) => {
      for (const question of pair) await tell(question);
      await tell(["POST sys/~/tune", { default_lease_ttl: "1h" }]);
      const ids = { app_id: "todo", user_id: "user" };
      const token = tokenOf(await ask(vault, `POST ${path}/login`, ids, unauthenticated));
      const own = { token };
      await tell(["POST auth/token/renew-self", {}, own]);
      await tell(["POST ~/map/app-id/todo", { value: "less" }]);
      await tell(["POST auth/token/renew-self", {}, own]);
      await tell("DELETE ~/map/user-id/user");
      await tell(["POST auth/token/renew-self", {}, own]);
    }),
  ],
});
