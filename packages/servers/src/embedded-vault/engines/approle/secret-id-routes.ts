import type { EngineAnswer } from "../../engine.ts";
import { VaultFailure } from "../../failure.ts";
import { covers, mustBeCidrs } from "../routing/cidr.ts";
import type { Values } from "../routing/fields.ts";
import { broken, refused } from "../routing/refusals.ts";
import { type Handler, nameGroup, type Route, route } from "../routing/route.ts";
import { uuid } from "../routing/uuid.ts";
import { parsedMetadata } from "./metadata.ts";
import type { Role, Roles } from "./roles.ts";
import type { SecretId, SecretIds } from "./secret-ids.ts";

interface SecretIdRoutesOptions {
  roles: Roles;
  secretIds: SecretIds;
  random: (bytes: number) => Buffer;
}

const role_name = nameGroup("role_name");
const newFields = {
  role_name: "string",
  metadata: "string",
  cidr_list: "strings",
  token_bound_cidrs: "strings",
} as const;
const byId = { role_name: "string", secret_id: "string" } as const;
const byAccessor = { role_name: "string", secret_id_accessor: "string" } as const;

/** `role/NAME/secret-id…`: make, list, look up and destroy, by the id and by its accessor. */
export function secretIdRoutes({ roles, secretIds, random }: SecretIdRoutesOptions): Route[] {
  const mustHave = async (name: string): Promise<Role> => {
    const role = await roles.find(name);
    if (!role) throw broken(`role ${JSON.stringify(name)} does not exist`);
    return role;
  };

  const make = async (values: Values<typeof newFields>, secretId: string): Promise<EngineAnswer> => {
    const { role_name: name = "", metadata = "", cidr_list = [], token_bound_cidrs = [] } = values;
    if (!secretId) throw refused("missing secret_id");
    const role = await roles.find(name);
    if (!role) throw new VaultFailure(404, `role ${JSON.stringify(name)} does not exist`);
    if (!role.bindSecretId) throw refused("bind_secret_id is not set on the role");
    mustBeCidrs(cidr_list, "failed to validate CIDR blocks: ");
    mustBeCovered(cidr_list, role.secretIdBoundCidrs ?? []);
    mustBeCidrs(token_bound_cidrs, "failed to validate token CIDR blocks: ");
    mustBeCovered(token_bound_cidrs, role.token.boundCidrs);
    const made = await secretIds.add(role, {
      secretId,
      metadata: parsedMetadata(metadata),
      cidrs: cidr_list,
      tokenBoundCidrs: token_bound_cidrs,
    });
    const secret_id_ttl = secretIds.shownTtlSeconds(made.ttlSeconds);
    return { data: { secret_id: secretId, secret_id_accessor: made.accessor, secret_id_ttl } };
  };

  const destroy: Handler<typeof byId> = async ({ values: { role_name: name = "", secret_id = "" } }) => {
    if (!secret_id) throw refused("missing secret_id");
    await secretIds.destroy(await mustHave(name), secret_id);
    return undefined;
  };

  const destroyByAccessor: Handler<typeof byAccessor> = async ({ values }) => {
    const { role_name: name = "", secret_id_accessor = "" } = values;
    if (!secret_id_accessor) throw refused("missing secret_id_accessor");
    const destroyed = await secretIds.destroyByAccessor(await mustHave(name), secret_id_accessor);
    if (!destroyed) throw broken(noAccessor(secret_id_accessor));
    return undefined;
  };

  return [
    route({
      path: new RegExp(`^role/${role_name}/secret-id/?$`),
      fields: newFields,
      write: ({ values }) => make(values, uuid(random)),
      async list({ values: { role_name: name = "" } }) {
        const role = await roles.find(name);
        if (!role) throw refused(`role ${JSON.stringify(name)} does not exist`);
        const keys = await secretIds.accessors(role);
        return keys.length ? { data: { keys } } : undefined;
      },
    }),
    route({
      path: new RegExp(`^role/${role_name}/custom-secret-id$`),
      fields: { ...newFields, secret_id: "string" },
      write: ({ values }) => make(values, values.secret_id ?? ""),
    }),
    route({
      path: new RegExp(`^role/${role_name}/secret-id/lookup/?$`),
      fields: byId,
      async write({ values: { role_name: name = "", secret_id = "" } }) {
        if (!secret_id) throw refused("missing secret_id");
        const found = await secretIds.find(await mustHave(name), secret_id);
        return found && { data: shownSecretId(found) };
      },
    }),
    route({
      path: new RegExp(`^role/${role_name}/secret-id/destroy/?$`),
      fields: byId,
      write: destroy,
      delete: destroy,
    }),
    route({
      path: new RegExp(`^role/${role_name}/secret-id-accessor/lookup/?$`),
      fields: byAccessor,
      async write({ values: { role_name: name = "", secret_id_accessor = "" } }) {
        if (!secret_id_accessor) throw refused("missing secret_id_accessor");
        const found = await secretIds.findByAccessor(await mustHave(name), secret_id_accessor);
        if (found === undefined) return { status: 404, data: { error: noAccessor(secret_id_accessor) } };
        return found ? { data: shownSecretId(found) } : undefined;
      },
    }),
    route({
      path: new RegExp(`^role/${role_name}/secret-id-accessor/destroy/?$`),
      fields: byAccessor,
      write: destroyByAccessor,
      delete: destroyByAccessor,
    }),
  ];
}

/** The message ends as the real one does: Go's mark of an error that is none. */
function mustBeCovered(blocks: readonly string[], wider: readonly string[]): void {
  if (!blocks.length || !wider.length || covers(wider, blocks)) return;
  const [on, of] = [wider, blocks].map((list) => `[${list.map((block) => JSON.stringify(block)).join(" ")}]`);
  throw broken(
    `failed to verify subset relationship between CIDR blocks on the role ${on} and CIDR blocks on the secret ID ${of}: %!w(<nil>)`,
  );
}

function noAccessor(accessor: string): string {
  return `failed to find accessor entry for secret_id_accessor: ${JSON.stringify(accessor)}`;
}

function shownSecretId(kept: SecretId): Record<string, unknown> {
  return {
    secret_id_accessor: kept.accessor,
    secret_id_num_uses: kept.numUses,
    secret_id_ttl: kept.ttlSeconds,
    creation_time: kept.created,
    expiration_time: kept.expires,
    last_updated_time: kept.updated,
    metadata: kept.metadata,
    cidr_list: kept.cidrs,
    token_bound_cidrs: kept.tokenBoundCidrs,
  };
}
