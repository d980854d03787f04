import { contract } from "../contract.ts";
import { conversation } from "./conversation.ts";
import { nodes } from "./node-backends.ts";

const parts = ["type", "description", "config", "options", "local", "seal_wrap", "external_entropy_access"];
const of = (mount: string): string[] => parts.map((part) => `data.${mount}.${part}`);

contract({
  title: "Vault: mounts",
  backends: nodes,
  behaviours: [
    conversation("some are there from the beginning", [
      ["GET sys/mounts", undefined, { only: ["sys/", "cubbyhole/", "identity/"].flatMap(of) }],
      ["GET sys/auth", undefined, { only: of("token/") }],
      "DELETE sys/mounts/sys",
      "DELETE sys/mounts/cubbyhole",
      "DELETE sys/mounts/identity",
      "DELETE sys/auth/token",
    ]),
    conversation("an engine is mounted, tuned and unmounted, and its data goes with it", [
      [
        "POST sys/mounts/~/kv",
        { type: "kv", description: "mine", config: { default_lease_ttl: "1h", max_lease_ttl: "2h" } },
      ],
      ["GET sys/mounts", undefined, { only: of("~/kv/") }],
      "GET sys/mounts/~/kv/tune",
      ["POST sys/mounts/~/kv/tune", { default_lease_ttl: "30m", description: "yours" }],
      "GET sys/mounts/~/kv/tune",
      ["POST sys/mounts/~/kv/tune", { default_lease_ttl: "3h" }],
      ["POST ~/kv/a", { b: 1 }],
      ["POST sys/mounts/~/kv", { type: "kv" }],
      ["POST sys/mounts/~", { type: "kv" }],
      ["POST sys/mounts/~/kv/deeper", { type: "kv" }],
      "DELETE sys/mounts/~/kv",
      "DELETE sys/mounts/~/kv",
      "GET ~/kv/a",
      ["POST sys/mounts/~/kv", { type: "kv" }],
      "GET ~/kv/a",
      "DELETE sys/mounts/~/kv",
    ]),
    conversation("an auth method is enabled, tuned and disabled", [
      ["POST sys/auth/~", { type: "approle", description: "mine" }],
      ["GET sys/auth", undefined, { only: of("~/") }],
      [
        "GET sys/auth/~/tune",
        undefined,
        { only: ["data.default_lease_ttl", "data.max_lease_ttl", "data.description", "data.token_type"] },
      ],
      ["POST sys/auth/~/tune", { default_lease_ttl: "1h", max_lease_ttl: 7200 }],
      [
        "GET sys/auth/~/tune",
        undefined,
        { only: ["data.default_lease_ttl", "data.max_lease_ttl", "data.description"] },
      ],
      ["POST sys/auth/~", { type: "approle" }],
      "DELETE sys/auth/~",
      "DELETE sys/auth/~",
      "GET sys/auth/~/tune",
    ]),
    conversation("what makes no mount is refused", [
      ["POST sys/mounts/~", {}],
      ["POST sys/mounts/~", { type: "token" }],
      ["POST sys/mounts/sys/~", { type: "kv" }],
      ["POST sys/mounts/auth/~", { type: "kv" }],
      ["POST sys/mounts/cubbyhole/~", { type: "kv" }],
      ["POST sys/mounts/~", { type: "kv", config: { default_lease_ttl: "2h", max_lease_ttl: "1h" } }],
      ["POST sys/mounts/~", { type: "kv", config: { default_lease_ttl: "abc" } }],
      ["POST sys/auth/~", {}],
      ["POST sys/auth/~", { type: "kv" }],
      "GET sys/mounts/~/tune",
      ["POST sys/mounts/~/tune", { default_lease_ttl: "1h" }],
    ]),
    conversation("the command line is told what is mounted where it may go", [
      ["POST sys/mounts/~", { type: "kv", options: { version: "2" } }],
      ["GET sys/internal/ui/mounts/~/a/b", undefined, { only: [...parts, "path"].map((part) => `data.${part}`) }],
      ["PUT sys/policies/acl/~", { policy: 'path "~/data/*" { capabilities = ["read"] }' }],
      ["POST auth/token/create", { policies: ["~"] }, { save: { may: "auth.client_token" }, only: [] }],
      ["POST auth/token/create", { policies: ["default"] }, { save: { not: "auth.client_token" }, only: [] }],
      ["GET sys/internal/ui/mounts/~/a", undefined, { token: "{{may}}", only: ["data.path", "data.options"] }],
      ["GET sys/internal/ui/mounts/~/a", undefined, { token: "{{not}}" }],
      ["GET sys/internal/ui/mounts/~/a", undefined, { token: "" }],
      ["GET sys/internal/ui/mounts/nowhere/a", undefined, {}],
    ]),
  ],
});
