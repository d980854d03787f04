import { contract } from "../contract.ts";
import { ask, dataOf } from "./asking.ts";
import { nodes } from "./node-backends.ts";
import { dialogue, onMount } from "./telling.ts";

const one = { type: "kv" };
const two = { type: "kv", options: { version: "2" } };

contract({
  title: "Vault: KV 1",
  backends: nodes,
  behaviours: [
    dialogue({ name: "keeps, lists and forgets what is written", mount: one }, [
      ["POST ~/a", { x: "1", n: 5, deep: { c: [1, null, true] } }],
      "GET ~/a",
      ["PUT ~/a", { y: "2" }],
      "GET ~/a",
      ["POST ~/d/e", { b: false }],
      ["POST ~/d/e/f", { b: false }],
      "LIST ~",
      "LIST ~/",
      "GET ~?list=true",
      "LIST ~/d",
      "LIST ~/d/e",
      "DELETE ~/a",
      "GET ~/a",
      "LIST ~",
    ]),
    dialogue({ name: "shows ttl or lease as the lease duration, else the mount's TTL", mount: one }, [
      ["POST ~/ttl", { ttl: "30m" }],
      "GET ~/ttl",
      ["POST ~/number", { ttl: 90 }],
      "GET ~/number",
      ["POST ~/lease", { lease: "2h", more: 1 }],
      "GET ~/lease",
      ["POST ~/bad", { lease: "abc" }],
      "GET ~/bad",
      ["POST sys/mounts/~/tune", { default_lease_ttl: "1h" }],
      "GET ~/bad",
    ]),
    dialogue({ name: "refuses what is no secret or no place", mount: one }, [
      "GET ~/nope",
      "LIST ~/nope",
      "DELETE ~/nope",
      ["POST ~/a", {}],
      "POST ~/a",
      ["POST ~/a/", { b: 1 }],
      ["POST ~", { b: 1 }],
      "GET ~",
    ]),
  ],
});

contract({
  title: "Vault: KV 2",
  backends: nodes,
  behaviours: [
    dialogue({ name: "is configured", mount: two }, [
      "GET ~/config",
      ["POST ~/config", { max_versions: 3, cas_required: "true", delete_version_after: "3h" }],
      "GET ~/config",
      ["POST ~/config", { cas_required: false, delete_version_after: "-1s", unknown: 1 }],
      "GET ~/config",
      ["POST ~/config", { delete_version_after: 0, max_versions: "7" }],
      "GET ~/config",
      ["POST ~/config", {}],
      "GET ~/config",
      ["POST ~/config", { max_versions: "abc" }],
      ["POST ~/config", { max_versions: { a: 1 } }],
      ["POST ~/config", { max_versions: ["a", "b"] }],
      ["POST ~/config", { cas_required: "maybe" }],
      ["POST ~/config", { delete_version_after: "bogus" }],
      ["POST ~/config", { delete_version_after: "5x" }],
      "DELETE ~/config",
    ]),
    dialogue({ name: "numbers the versions of a path", mount: two }, [
      ["POST ~/data/a", { data: { x: 1 } }],
      ["PUT ~/data/a", { data: { x: { y: [2] } }, extra: 5, also: 6 }],
      "GET ~/data/a",
      "GET ~/data/a?version=1",
      "GET ~/data/a?version=0",
      "GET ~/data/a?version=99",
      "GET ~/data/a?version=xx",
      "GET ~/data/nope",
      ["POST ~/data/deep/er", { data: {} }],
      "GET ~/data/deep/er",
      ["POST ~/data/a", { data: null }],
      "GET ~/data/a",
      "LIST ~/metadata",
      "LIST ~/metadata/",
      "LIST ~/metadata/deep",
      "LIST ~/metadata/nope",
      "GET ~/metadata/a",
      "GET ~/metadata/nope",
    ]),
    dialogue({ name: "refuses data that is none", mount: two }, [
      ["POST ~/data/a", { x: 1 }],
      "POST ~/data/a",
      ["POST ~/data/a", { data: "text" }],
      ["POST ~/data/a", { data: [1] }],
      "GET ~/data/a",
    ]),
    dialogue({ name: "checks the version that a writer knows", mount: two }, [
      ["POST ~/data/a", { data: { x: 1 }, options: { cas: 0 } }],
      ["POST ~/data/a", { data: { x: 2 }, options: { cas: 0 } }],
      ["POST ~/data/a", { data: { x: 2 }, options: { cas: "1" } }],
      ["POST ~/data/a", { data: { x: 2 }, options: { cas: "x" } }],
      ["POST ~/config", { cas_required: true }],
      ["POST ~/data/a", { data: { x: 3 } }],
      ["POST ~/metadata/a", { cas_required: false }],
      ["POST ~/data/a", { data: { x: 3 } }],
      ["POST ~/config", { cas_required: false }],
      ["POST ~/metadata/a", { cas_required: true }],
      ["POST ~/data/a", { data: { x: 3 }, options: {} }],
      ["POST ~/data/a", { data: { x: 3 }, options: { cas: 2 } }],
    ]),
    onMount({ name: "one of many writers with the same version wins", mount: two }, async (_tell, vault, mount) => {
      const writes = Array.from({ length: 8 }, (_, x) =>
        ask(vault, `POST ${mount}/data/a`, { data: { x }, options: { cas: 0 } }),
      );
      const statuses = (await Promise.all(writes)).map(({ status }) => status).sort();
      return {
        statuses,
        version: (dataOf(await ask(vault, `GET ${mount}/data/a`))["metadata"] as { version: number }).version,
      };
    }),
    dialogue({ name: "deletes, undeletes and destroys versions", mount: two }, [
      ...[1, 2, 3, 4].map((x) => ["POST ~/data/a", { data: { x } }] as const),
      "DELETE ~/data/a",
      "GET ~/data/a",
      "DELETE ~/data/a",
      "GET ~/data/a?version=2",
      ["POST ~/undelete/a", { versions: [4] }],
      "GET ~/data/a",
      ["POST ~/delete/a", { versions: "1, 2" }],
      "GET ~/data/a?version=1",
      ["PUT ~/destroy/a", { versions: [1, 3, 9] }],
      "GET ~/data/a?version=1",
      "GET ~/data/a?version=3",
      ["POST ~/undelete/a", { versions: [1, 2] }],
      "GET ~/data/a?version=1",
      "GET ~/data/a?version=2",
      "GET ~/metadata/a",
    ]),
    dialogue({ name: "wants to know which versions", mount: two }, [
      ["POST ~/delete/a", {}],
      ["POST ~/undelete/a", {}],
      ["POST ~/destroy/a", { versions: [] }],
      ["POST ~/delete/a", { versions: "x" }],
      ["POST ~/delete/a", { versions: [1] }],
      ["POST ~/undelete/a", { versions: 1 }],
      ["POST ~/destroy/a", { versions: "1" }],
      "GET ~/destroy/a",
      "DELETE ~/undelete/a",
      "DELETE ~/data/a",
      "DELETE ~/metadata/a",
    ]),
    dialogue({ name: "keeps metadata of a path", mount: two }, [
      ["POST ~/metadata/a", { custom_metadata: { owner: "me", n: 5, flag: true }, max_versions: 2 }],
      "GET ~/metadata/a",
      "GET ~/data/a",
      ...[1, 2, 3].map((x) => ["POST ~/data/a", { data: { x } }] as const),
      "GET ~/data/a?version=1",
      "GET ~/metadata/a",
      ["POST ~/metadata/a", { custom_metadata: { other: "you" } }],
      ["POST ~/metadata/a", { delete_version_after: "1h" }],
      ["POST ~/metadata/a", {}],
      "GET ~/metadata/a",
      "DELETE ~/metadata/a",
      "GET ~/metadata/a",
      "GET ~/data/a",
      "LIST ~/metadata",
    ]),
    dialogue({ name: "refuses metadata that is none", mount: two }, [
      ["POST ~/metadata/a", { custom_metadata: { "": "me" } }],
      ["POST ~/metadata/a", { custom_metadata: { me: "" } }],
      ["POST ~/metadata/a", { custom_metadata: { [`${"k".repeat(129)}`]: "me" } }],
      ["POST ~/metadata/a", { custom_metadata: { me: "v".repeat(513) } }],
      [
        "POST ~/metadata/a",
        { custom_metadata: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, "v"])) },
      ],
      ["POST ~/metadata/a", { custom_metadata: { a: { b: 1 } } }],
      ["POST ~/metadata/a", { custom_metadata: "x" }],
      ["POST ~/metadata/a", { delete_version_after: "-5s" }],
      ["POST ~/metadata/a", { max_versions: "many" }],
      "GET ~/metadata/a",
    ]),
    dialogue({ name: "keeps as many versions as the larger of the mount's and the path's counts", mount: two }, [
      ["POST ~/config", { max_versions: 3 }],
      ["POST ~/metadata/a", { max_versions: 2 }],
      ...[1, 2, 3, 4, 5].map((x) => ["POST ~/data/a", { data: { x } }] as const),
      "GET ~/metadata/a",
    ]),
    onMount({ name: "deletes a version after the shorter of two times", mount: two }, async (tell, vault, mount) => {
      await tell(["POST ~/config", { delete_version_after: "2h" }]);
      await tell(["POST ~/metadata/short", { delete_version_after: "1h" }]);
      await tell(["POST ~/metadata/long", { delete_version_after: "3h" }]);
      const lives: unknown[] = [];
      for (const name of ["short", "long", "plain"]) {
        const { created_time, deletion_time } = dataOf(await ask(vault, `POST ${mount}/data/${name}`, { data: {} }));
        lives.push([name, Date.parse(String(deletion_time)) - Date.parse(String(created_time))]);
      }
      await tell(["POST ~/config", { delete_version_after: -1 }]);
      await tell(["POST ~/data/short", { data: {} }]);
      await tell(["POST ~/undelete/long", { versions: [1] }]);
      await tell("GET ~/data/long");
      return lives;
    }),
    dialogue({ name: "says where to look when asked as version 1", mount: two }, [
      "GET ~/foo",
      ["POST ~/foo", { a: 1 }],
      "LIST ~/foo",
      "LIST ~",
      "GET ~",
      "DELETE ~/foo",
      "GET ~/data",
      "GET ~/metadata",
    ]),
    dialogue(
      {
        name: "lists nothing below data",
        mount: two,
        differs: { "1.14.0": "takes it for a path of version 1, in place of refusing the operation" },
      },
      ["LIST ~/data", "LIST ~/data/a"],
    ),
  ],
});
