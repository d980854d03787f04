import { VaultFailure } from "../failure.ts";
import { textOf } from "../request-fields.ts";
import type { SysHandler, SysRoute } from "./sys-route.ts";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const write: SysHandler = async ({ vault, request, parts }) => {
  const given = textOf(request.data, "policy") || textOf(request.data, "rules");
  if (given === "") throw new VaultFailure(400, "'policy' parameter not supplied or empty");
  const asked = parts[0] ?? "";
  const name = asked.toLowerCase();
  const text = base64.test(given) ? Buffer.from(given, "base64").toString("utf8") : given;
  await vault.policies.put(name, text);
  const warnings = [
    ...(name === asked ? [] : [`policy name was converted to ${name}`]),
    ...(textOf(request.data, "policy") === "" ? ["'rules' is deprecated, please use 'policy' instead"] : []),
  ];
  return warnings.length === 0 ? undefined : { warnings };
};

const remove: SysHandler = async ({ vault, parts }) => {
  await vault.policies.delete((parts[0] ?? "").toLowerCase());
  return undefined;
};

export const policyRoutes: readonly SysRoute[] = [
  {
    path: /^policies\/acl$/,
    does: { list: async ({ vault }) => ({ data: { keys: vault.policies.list() } }) },
  },
  {
    path: /^policies\/acl\/(.+)$/,
    does: {
      read: async ({ vault, parts }) => {
        const policy = vault.policies.get((parts[0] ?? "").toLowerCase());
        return policy && { data: { name: policy.name, policy: policy.text } };
      },
      update: write,
      delete: remove,
    },
  },
  {
    path: /^policy$/,
    does: {
      read: async ({ vault }) => ({
        data: { keys: vault.policies.list(), policies: vault.policies.list() },
        spread: true,
      }),
      list: async ({ vault }) => ({
        data: { keys: vault.policies.list(), policies: vault.policies.list() },
        spread: true,
      }),
    },
  },
  {
    path: /^policy\/(.+)$/,
    does: {
      read: async ({ vault, parts }) => {
        const policy = vault.policies.get((parts[0] ?? "").toLowerCase());
        return policy && { data: { name: policy.name, rules: policy.text }, spread: true };
      },
      update: write,
      delete: remove,
    },
  },
];
