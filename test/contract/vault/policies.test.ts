import { contract } from "../contract.ts";
import { conversation, type Said } from "./conversation.ts";
import { nodes } from "./node-backends.ts";

/** A token with the policies, and what it may do on paths. */
function may(policies: Readonly<Record<string, string>>, paths: readonly string[]): Said[] {
  return [
    ...Object.entries(policies).map(([name, policy]): Said => [`PUT sys/policies/acl/${name}`, { policy }]),
    ["POST auth/token/create", { policies: Object.keys(policies) }, { save: { t: "auth.client_token" }, only: [] }],
    ["POST sys/capabilities-self", { paths }, { token: "{{t}}" }],
  ];
}

const refused = (policy: string): Said => ["PUT sys/policies/acl/~", { policy }];

contract({
  title: "Vault: policies",
  backends: nodes,
  behaviours: [
    conversation("are written, listed, read and deleted", [
      ["PUT sys/policies/acl/~A", { policy: 'path "a" { capabilities = ["read"] }' }],
      "GET sys/policies/acl/~a",
      "GET sys/policy/~a",
      ["PUT sys/policy/~b", { rules: 'path "b/*" { policy = "write" }' }],
      "GET sys/policies/acl/~b",
      ["PUT sys/policies/acl/~c", { policy: Buffer.from('path "c" { policy = "deny" }').toString("base64") }],
      "GET sys/policies/acl/~c",
      "DELETE sys/policies/acl/~a",
      "DELETE sys/policies/acl/~a",
      "GET sys/policies/acl/~a",
      "DELETE sys/policies/acl/~b",
      "DELETE sys/policy/~c",
      "GET sys/policies/acl/root",
      "GET sys/policy/root",
      "GET sys/policies/acl",
    ]),
    conversation("root and default are protected", [
      ["PUT sys/policies/acl/root", { policy: "" }],
      ["PUT sys/policies/acl/root", { policy: 'path "a" { capabilities = ["read"] }' }],
      "DELETE sys/policies/acl/root",
      "DELETE sys/policies/acl/default",
      ["PUT sys/policies/acl/response-wrapping", { policy: 'path "a" { capabilities = ["read"] }' }],
      ["PUT sys/policies/acl/~", {}],
    ]),
    conversation("the default policy has Vault's own text", ["GET sys/policies/acl/default"], {
      "1.14.0": "it has one path more",
    }),
    conversation("a text that is no policy is refused", [
      refused('path "x" { capabilities = ["fly"] }'),
      refused('path "x" { policy = "fly" }'),
      refused('path "a+*" { capabilities = ["read"] }'),
      refused('path "x" { capabilities = ["read"] min_wrapping_ttl = "2h" max_wrapping_ttl = "1h" }'),
    ]),
    conversation("deny, exact paths, prefixes, `+` and their priorities", [
      ...may(
        {
          "~": `
# comment
path "secret/*" { capabilities = ["read", "list"] }
path "secret/a" { capabilities = ["create", "update"] }
path "secret/no/*" { capabilities = ["deny"] }
path "secret/no/but" { capabilities = ["read"] }
path "secret/+/x" { capabilities = ["update"] }
path "secret/+/+/y" { capabilities = ["delete"] }
path "secret/a/+/y" { capabilities = ["sudo", "patch"] }
path "secret/+/+/z*" { capabilities = ["list"] }
path "/lead" { policy = "write" }
path "+/one" { capabilities = ["read"] }
path "sys/mounts" { policy = "sudo" }`,
        },
        [
          "secret/a",
          "secret/b",
          "secret/no/a",
          "secret/no/but",
          "secret/q/x",
          "secret/q/r/y",
          "secret/a/r/y",
          "secret/q/r/zz",
          "secret/q/r/zz/deep",
          "secret",
          "lead",
          "other/one",
          "other/two",
          "sys/mounts",
          "sys/policies/acl",
          "secret/no",
        ],
      ),
      ["POST sys/capabilities-self", {}, { token: "{{t}}" }],
      ["POST sys/capabilities", { token: "{{t}}", path: "secret/a" }],
      ["POST sys/capabilities", { token: "nope", path: "secret/a" }],
      ["POST sys/capabilities-accessor", { accessor: "nope", path: "secret/a" }],
      ["POST sys/capabilities-self", { path: "secret/a" }],
      ["POST sys/capabilities", { token: "{{t}}", paths: ["secret/a"] }, { token: "{{t}}" }],
    ]),
    conversation(
      "several policies add up, and one deny wins",
      may(
        {
          "~p": 'path "s/*" { capabilities = ["read"] }\npath "s/x" { capabilities = ["read"] }',
          "~q": '{"path": {"s/*": {"capabilities": ["list"]}, "s/x": {"capabilities": ["deny"]}}}',
          "~r": 'path "s/x" { capabilities = ["update"] }',
        },
        ["s/a", "s/x", "t"],
      ),
    ),
    conversation("are enforced, also for what is no mount", [
      ["POST sys/mounts/~m", { type: "kv" }],
      [
        "PUT sys/policies/acl/~",
        {
          policy:
            'path "~m/a" { capabilities = ["create"] }\npath "~m/b" { capabilities = ["update", "read"] }\npath "~m/" { capabilities = ["list"] }',
        },
      ],
      ["POST auth/token/create", { policies: ["~"] }, { save: { t: "auth.client_token" }, only: [] }],
      ["PUT ~m/a", { v: 1 }, { token: "{{t}}" }],
      ["PUT ~m/a", { v: 2 }, { token: "{{t}}" }],
      ["GET ~m/a", undefined, { token: "{{t}}" }],
      ["PUT ~m/b", { v: 2 }, { token: "{{t}}" }],
      ["PUT ~m/b", { v: 2 }],
      ["PUT ~m/b", { v: 3 }, { token: "{{t}}" }],
      ["GET ~m/b", undefined, { token: "{{t}}" }],
      ["LIST ~m", undefined, { token: "{{t}}" }],
      ["LIST ~m/", undefined, { token: "{{t}}" }],
      ["DELETE ~m/b", undefined, { token: "{{t}}" }],
      ["GET sys/mounts", undefined, { token: "{{t}}" }],
      ["GET nowhere/x", undefined, { token: "{{t}}" }],
      ["GET nowhere/x", undefined, { token: "" }],
      ["GET nowhere/x", undefined, { token: "nope" }],
    ]),
    conversation("parameters are required, allowed and denied", [
      ["POST sys/mounts/~m", { type: "kv" }],
      [
        "PUT sys/policies/acl/~",
        {
          policy: `
path "~m/allow" { capabilities = ["create", "update"]
  allowed_parameters = { "a" = [], "b" = ["x", "y*"] } }
path "~m/star" { capabilities = ["create", "update"]
  allowed_parameters = { "*" = [] "b" = ["x"] } }
path "~m/deny" { capabilities = ["create", "update"]
  denied_parameters = { "c" = [] "d" = ["*z"] } }
path "~m/must" { capabilities = ["create", "update"]
  required_parameters = ["r"] }
path "~m/wrap" { capabilities = ["read"] min_wrapping_ttl = "1m" max_wrapping_ttl = 3600 }`,
        },
      ],
      ["POST auth/token/create", { policies: ["~"] }, { save: { t: "auth.client_token" }, only: [] }],
      ...(
        [
          ["allow", { a: 1 }],
          ["allow", { b: "x" }],
          ["allow", { b: "yes" }],
          ["allow", { b: "no" }],
          ["allow", { c: "no" }],
          ["star", { c: "no" }],
          ["star", { b: "no" }],
          ["deny", { a: "no" }],
          ["deny", { c: "no" }],
          ["deny", { d: "jazz" }],
          ["deny", { d: "rock" }],
          ["must", { a: "1" }],
          ["must", { a: "1", r: "2" }],
        ] as const
      ).map(([path, body]): Said => [`PUT ~m/${path}`, body, { token: "{{t}}" }]),
      ["GET ~m/wrap", undefined, { token: "{{t}}" }],
      ["PUT ~m/wrap", { w: 1 }],
      ["GET ~m/wrap", undefined, { token: "{{t}}" }],
      ["GET ~m/wrap", undefined, { token: "{{t}}", wrap: "30s" }],
      ["GET ~m/wrap", undefined, { token: "{{t}}", wrap: "2m", only: ["wrap_info.ttl"] }],
      ["GET ~m/wrap", undefined, { token: "{{t}}", wrap: "2h" }],
    ]),
  ],
});
