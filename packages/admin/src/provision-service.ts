import { randomUUID } from "node:crypto";
import { type Duration, Secret } from "@minicluster/core";
import { machineUserId, type VaultClient } from "@minicluster/vault";
import { readAppId } from "./app-id-store.ts";
import { type AuthName, isMapped } from "./auth-method.ts";
import { AdminError, invalidOption } from "./error.ts";
import { named, oneOf, seconds } from "./names.ts";
import type { Done } from "./step.ts";
import { json, readData, write } from "./vault-call.ts";

export interface ProvisionServiceOptions {
  /** With an operator's token. */
  vault: VaultClient;
  /** Configured before with `configureCluster`. */
  service: string;
  /** Default `app-id`. */
  auth?: AuthName | undefined;
  /** A name for the instance, kept beside its secret-id in Vault. */
  instance?: string | undefined;
  /** app-id: this user-id (derived from the machine, say) in place of a random one. */
  userId?: Secret | string | undefined;
  /** app-id: the user-id that `machineUserId` of `@minicluster/vault` derives on the machine with this MAC address and salt. */
  machine?: { mac: string; salt: Secret | string } | undefined;
  /** Addresses that the instance may log in from. */
  cidr?: string | undefined;
  /** AppRole: hand the secret-id over wrapped; the wrapping token works once, and for so long. */
  wrapTtl?: Duration | undefined;
  signal?: AbortSignal | undefined;
}

export interface ProvisionServiceResult {
  /** What the instance reads from its environment to log in, by variable. */
  env: Readonly<Record<string, Secret>>;
  done: Done;
  /** AppRole: names the secret-id in Vault without telling it, for destroying it later. */
  secretIdAccessor?: string | undefined;
}

/**
 * Makes what one instance logs in with: a user-id, or a secret-id. Each run makes a new one, except for a given user-id.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION`, `ADMIN_NOT_CONFIGURED`, `ADMIN_VAULT_FAILED`
 * @example const { env } = await provisionService({ vault, service: "todo", auth: "approle" });
 */
export async function provisionService(options: ProvisionServiceOptions): Promise<ProvisionServiceResult> {
  named("service", "service", options.service);
  if (options.instance !== undefined) named("instance", "instance", options.instance);
  if (options.cidr !== undefined) named("cidr", "cidr", options.cidr);
  const auth = oneOf("auth", options.auth ?? "app-id", ["app-id", "approle"]);
  only(auth, "app-id", ["userId", options.userId]);
  only(auth, "app-id", ["machine", options.machine]);
  if (options.userId && options.machine) throw invalidOption("userId and machine: give one of them");
  only(auth, "approle", ["wrapTtl", options.wrapTtl]);
  return auth === "app-id" ? await mapUserId(options) : await makeSecretId(options);
}

async function mapUserId(options: ProvisionServiceOptions): Promise<ProvisionServiceResult> {
  const { vault, service, signal, cidr = "" } = options;
  const given = givenUserId(options);
  if (given) named("identifier", "userId", given.reveal());
  const appId = await readAppId(options);
  if (!appId) throw notConfigured(service, "app-id");
  const userId = given ?? new Secret(randomUUID());
  const call = { vault, signal, path: `auth/app-id/map/user-id/${userId.reveal()}`, secrets: [userId, appId] };
  const data = given && (await readData({ ...call, doing: `reading a user-id of ${service}` }));
  const right = data?.["value"] === appId.reveal() && (data["cidr_block"] ?? "") === cidr;
  if (!right) {
    const body = { value: appId.reveal(), ...(cidr && { cidr_block: cidr }) };
    await write({ ...call, doing: `mapping a user-id of ${service}`, body });
  }
  const done = !isMapped(data) ? "created" : right ? "unchanged" : "updated";
  return { env: { VAULT_APP_ID: appId, VAULT_USER_ID: userId }, done };
}

async function makeSecretId(options: ProvisionServiceOptions): Promise<ProvisionServiceResult> {
  const { vault, service, signal, instance, cidr, wrapTtl } = options;
  const wrapMs = wrapTtl === undefined ? undefined : seconds("wrapTtl", wrapTtl) * 1_000;
  const role = `auth/approle/role/${service}`;
  const found = await readData({ vault, signal, path: `${role}/role-id`, doing: `reading the role-id of ${service}` });
  if (!found) throw notConfigured(service, "approle");
  const roleId = textOf(found["role_id"], `the role-id of ${service}`);
  const body = {
    ...(instance !== undefined && { metadata: JSON.stringify({ instance }) }),
    ...(cidr !== undefined && { cidr_list: [cidr], token_bound_cidrs: [cidr] }),
  };
  const doing = `making a secret-id of ${service}`;
  const answer = await write({ vault, signal, path: `${role}/secret-id`, doing, body, wrapMs });
  const wrapped = json(answer["wrap_info"]);
  const data = json(answer["data"]);
  return {
    env: {
      VAULT_ROLE_ID: roleId,
      ...(wrapped
        ? { VAULT_WRAPPED_SECRET_ID: textOf(wrapped["token"], "a wrapping token") }
        : { VAULT_SECRET_ID: textOf(data?.["secret_id"], "a secret-id") }),
    },
    done: "created",
    secretIdAccessor: accessor(wrapped ? wrapped["wrapped_accessor"] : data?.["secret_id_accessor"]),
  };
}

function givenUserId({ machine, userId }: ProvisionServiceOptions): Secret | undefined {
  if (machine) return derived(machine);
  return userId === undefined ? undefined : Secret.of(userId);
}

function derived(machine: { mac: string; salt: Secret | string }): Secret {
  try {
    return machineUserId(machine);
  } catch (error) {
    throw invalidOption((error as Error).message);
  }
}

function accessor(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textOf(value: unknown, what: string): Secret {
  if (typeof value === "string" && value !== "") return new Secret(value);
  throw new AdminError({ code: "ADMIN_VAULT_FAILED", kind: "unreachable", message: `Vault's answer lacks ${what}` });
}

function only(auth: AuthName, needed: AuthName, [option, value]: readonly [string, unknown]): void {
  if (value === undefined || auth === needed) return;
  throw invalidOption(`${option}: goes with auth ${needed}, not with ${auth}`);
}

function notConfigured(service: string, auth: AuthName): AdminError {
  return new AdminError({
    code: "ADMIN_NOT_CONFIGURED",
    kind: "invalid",
    message: `service ${service} is not configured for ${auth} in this Vault; run configure first`,
  });
}
