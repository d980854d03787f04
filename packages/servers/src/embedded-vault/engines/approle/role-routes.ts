import type { EngineContext } from "../../engine.ts";
import { mustBeCidrs } from "../routing/cidr.ts";
import { notDone, refused, unanswered, unsupportedPath } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import { uuid } from "../routing/uuid.ts";
import type { Role, Roles } from "./roles.ts";
import type { SecretIds } from "./secret-ids.ts";
import { changedTokenParameters, noTokenParameters, shownTokenParameters, tokenFields } from "./token-parameters.ts";

interface RoleRoutesOptions {
  roles: Roles;
  secretIds: SecretIds;
  context: EngineContext;
}

const name = nameGroup("role_name");

/** `role`, `role/NAME` and `role/NAME/role-id`. */
export function roleRoutes({ roles, secretIds, context }: RoleRoutesOptions): Route[] {
  const newRole = (roleName: string): Role => ({
    name: roleName.toLowerCase(),
    roleId: uuid(context.random),
    hmacKey: uuid(context.random),
    bindSecretId: true,
    secretIdBoundCidrs: null,
    secretIdNumUses: 0,
    secretIdTtlSeconds: 0,
    token: noTokenParameters,
    oldPolicies: false,
  });

  return [
    route({
      path: /^role\/?$/,
      fields: {},
      async list() {
        const keys = await roles.list();
        return keys.length ? { data: { keys } } : undefined;
      },
    }),
    route({
      path: new RegExp(`^role/${name}$`),
      fields: {
        role_name: "string",
        role_id: "string",
        bind_secret_id: "bool",
        secret_id_bound_cidrs: "strings",
        secret_id_num_uses: "int",
        secret_id_ttl: "seconds",
        policies: "strings",
        period: "seconds",
        bound_cidr_list: "strings",
        local_secret_ids: "bool",
        ...tokenFields,
      },
      exists: async ({ role_name = "" }) => (await roles.find(role_name)) !== undefined,
      async read({ values: { role_name = "" } }) {
        const role = await roles.find(role_name);
        return role && { data: shownRole(role) };
      },
      async write({ values }) {
        if (values.period !== undefined) throw notDone("the old parameter period (token_period does the same)");
        if (values.bound_cidr_list)
          throw notDone("the old parameter bound_cidr_list (secret_id_bound_cidrs does the same)");
        const before = await roles.find(values.role_name ?? "");
        const role = before ?? newRole(values.role_name ?? "");
        const token = changedTokenParameters(role.token, {
          ...values,
          ...(values.policies && !values.token_policies && { token_policies: values.policies }),
        });
        if (values.local_secret_ids !== undefined && before) {
          throw refused("local_secret_ids can only be modified during role creation");
        }
        if (values.local_secret_ids) throw notDone("local_secret_ids");
        if (values.role_id === "") throw refused("invalid role_id supplied, or failed to generate a role_id");
        if (values.secret_id_bound_cidrs) mustBeCidrs(values.secret_id_bound_cidrs, "failed to validate CIDR blocks: ");
        if ((values.secret_id_num_uses ?? 0) < 0) throw refused("secret_id_num_uses cannot be negative");
        const after: Role = {
          ...role,
          token,
          roleId: values.role_id ?? role.roleId,
          bindSecretId: values.bind_secret_id ?? role.bindSecretId,
          secretIdBoundCidrs: values.secret_id_bound_cidrs ?? role.secretIdBoundCidrs,
          secretIdNumUses: values.secret_id_num_uses ?? role.secretIdNumUses,
          secretIdTtlSeconds: values.secret_id_ttl ?? role.secretIdTtlSeconds,
          oldPolicies: values.token_policies ? false : Boolean(values.policies) || role.oldPolicies,
        };
        const beyond = token.maxTtlSeconds * 1_000 > context.maxTtlMs;
        if (!after.bindSecretId && !after.secretIdBoundCidrs?.length && !token.boundCidrs.length) {
          throw unanswered(beyond ? 400 : 500, "at least one constraint should be enabled on the role");
        }
        await roles.put(after, before?.roleId);
        return beyond ? { status: 200, warnings: [beyondMount] } : undefined;
      },
      async delete({ values: { role_name = "" } }) {
        const role = await roles.find(role_name);
        if (!role) return undefined;
        await secretIds.destroyAll(role);
        await roles.delete(role);
        return undefined;
      },
    }),
    route({
      path: new RegExp(`^role/${name}/role-id$`),
      fields: { role_name: "string", role_id: "string" },
      async read({ values: { role_name = "" } }) {
        const role = await roles.find(role_name);
        return role && { data: { role_id: role.roleId } };
      },
      async write({ values: { role_name = "", role_id = "" } }) {
        const role = await roles.find(role_name);
        if (!role) throw unsupportedPath();
        if (!role_id) throw refused("missing role_id");
        await roles.put({ ...role, roleId: role_id }, role.roleId);
        return undefined;
      },
    }),
  ];
}

const beyondMount =
  "token_max_ttl is greater than the backend mount's maximum TTL value; issued tokens' max TTL value will be truncated";

function shownRole(role: Role): Record<string, unknown> {
  return {
    bind_secret_id: role.bindSecretId,
    secret_id_bound_cidrs: role.secretIdBoundCidrs,
    secret_id_num_uses: role.secretIdNumUses,
    secret_id_ttl: role.secretIdTtlSeconds,
    local_secret_ids: false,
    ...shownTokenParameters(role.token),
    ...(role.oldPolicies && { policies: role.token.policies }),
  };
}
