import type { EngineMaker, Granted, LoginGrant } from "../../engine.ts";
import { within } from "../routing/cidr.ts";
import { broken, notDone, refused } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import { routedEngine } from "../routing/routed-engine.ts";
import { roleRoutes } from "./role-routes.ts";
import { type Role, Roles } from "./roles.ts";
import { secretIdRoutes } from "./secret-id-routes.ts";
import { type SecretId, SecretIds } from "./secret-ids.ts";

/** Log in with a role-id and, unless the role says otherwise, one of its secret-ids. */
export const approle: EngineMaker = (context) => {
  const { random } = context;
  const roles = new Roles(context.storage);
  const secretIds = new SecretIds(context);

  const login = async (roleId: string, secretId: string, address: string): Promise<{ login: LoginGrant }> => {
    if (!roleId) throw refused("missing role_id");
    const role = await roles.findById(roleId);
    if (!role) throw refused("invalid role ID");
    const used = role.bindSecretId ? await use(role, secretId, address) : undefined;
    const bound = role.secretIdBoundCidrs ?? [];
    if (bound.length && !within(address, bound)) throw unauthorized(address, "by CIDR restrictions on the role");
    return { login: grant(role, used) };
  };

  const use = async (role: Role, secretId: string, address: string): Promise<SecretId> => {
    if (!secretId) throw refused("missing secret_id");
    const used = await secretIds.use(role, secretId);
    if (!used) throw refused("invalid secret id");
    if (used.cidrs.length && !within(address, used.cidrs)) {
      if (used.numUses) throw unauthorized(address, "by CIDR restrictions on the secret ID");
      throw refused(
        `source address ${JSON.stringify(address)} unauthorized through CIDR restrictions on the secret ID`,
      );
    }
    return used;
  };

  return routedEngine(
    [
      route({
        path: /^login$/,
        fields: { role_id: "string", secret_id: "string" },
        open: true,
        write: ({ values: { role_id = "", secret_id = "" }, request }) =>
          login(role_id.trim(), secret_id.trim(), request.remoteAddress),
      }),
      ...roleRoutes({ roles, secretIds, context }),
      ...secretIdRoutes({ roles, secretIds, random }),
      ...partsOfRoles(),
    ],
    {
      async renewLogin({ internal }: Granted) {
        const name = String(internal["role"]);
        const role = await roles.find(name);
        if (!role) throw broken(`role ${JSON.stringify(name)} does not exist during renewal`);
        return { ttlMs: role.token.ttlSeconds * 1_000, maxTtlMs: role.token.maxTtlSeconds * 1_000 };
      },
    },
  );
};

function grant({ name, token }: Role, used: SecretId | undefined): LoginGrant {
  const boundCidrs = used?.tokenBoundCidrs.length ? used.tokenBoundCidrs : token.boundCidrs;
  return {
    displayName: "",
    policies: token.policies,
    metadata: { ...used?.metadata, role_name: name },
    ttlMs: token.ttlSeconds * 1_000,
    maxTtlMs: token.maxTtlSeconds * 1_000,
    renewable: true,
    internal: { role: name },
    ...(token.periodSeconds && { periodMs: token.periodSeconds * 1_000 }),
    ...(token.numUses && { numUses: token.numUses }),
    ...(boundCidrs.length && { boundCidrs }),
  };
}

/** The message ends as the real one does: Go's mark of an error that is none. */
function unauthorized(address: string, why: string): Error {
  return refused(`source address ${JSON.stringify(address)} unauthorized ${why}: %!w(<nil>)`);
}

/** Paths for one parameter of a role each: writing the role does the same. */
function partsOfRoles(): Route[] {
  const handler = ({ request }: { request: { path: string } }): never => {
    throw notDone(request.path);
  };
  const parts =
    "(policies|bound-cidr-list|secret-id-bound-cidrs|token-bound-cidrs|bind-secret-id|secret-id-num-uses|secret-id-ttl|period|token-num-uses|token-ttl|token-max-ttl|local-secret-ids)";
  return [new RegExp(`^role/${nameGroup("role_name")}/${parts}$`), /^tidy\/secret-id$/].map((path) =>
    route({ path, fields: { role_name: "string" }, read: handler, write: handler, delete: handler }),
  );
}
