import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask, type Told } from "./asking.ts";
import { conversation, type Said } from "./conversation.ts";
import { accounts, type MysqlBackend, mysqlBackends, mysqlValues } from "./mysql-backends.ts";

const account = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'";
const lease = { save: { lease: "lease_id" }, only: ["renewable", "lease_duration", "warnings"] };

/** A behaviour with an engine of its own (`~`) that makes leased accounts, each with the lives that its role says. */
function leased(
  name: string,
  roles: Readonly<Record<string, { default_ttl?: string; max_ttl?: string }>>,
  lines: readonly Said[],
): Behaviour<MysqlBackend> {
  const { run, ...rest } = conversation<MysqlBackend>(name, lines);
  return {
    ...rest,
    run: async (vault) => {
      const own = rest.name.replaceAll(/\W/g, "").slice(0, 12);
      const { mysql, root } = mysqlValues(vault);
      await ask(vault, `POST sys/mounts/${own}`, { type: "database" });
      await ask(vault, `POST ${own}/config/my`, {
        plugin_name: "mysql-database-plugin",
        connection_url: `{{username}}:{{password}}@tcp(${mysql})/`,
        username: "root",
        password: root,
        allowed_roles: "*",
      });
      for (const [role, lives] of Object.entries(roles)) {
        await ask(vault, `POST ${own}/roles/${role}`, { db_name: "my", creation_statements: account, ...lives });
      }
      return await run(vault);
    },
  };
}

const at = (name: string): string => name.replaceAll(/\W/g, "").slice(0, 12);
const only = ["data.renewable", "data.ttl", "data.last_renewal", "errors"];

const names = {
  life: "a lease is looked up, renewed and revoked",
  max: "max TTL and increment rule a renewal",
  ends: "ends by itself, and its account with it",
  prefix: "by a prefix they are listed, and revoked",
  token: "leases die with the token that asked for them",
  wrong: "what is no lease is refused",
};

contract({
  title: "Vault: leases",
  backends: mysqlBackends,
  behaviours: [
    leased(names.life, { r: { default_ttl: "1h", max_ttl: "2h" } }, [
      [`GET ${at(names.life)}/creds/r`, undefined, lease],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }],
      ["PUT sys/leases/renew", { lease_id: "{{lease}}" }],
      ["PUT sys/leases/renew", { lease_id: "{{lease}}", increment: 60 }],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }],
      ["PUT sys/leases/renew/{{lease}}", { increment: "30m" }],
      ["PUT sys/renew", { lease_id: "{{lease}}" }],
      ["PUT sys/renew/{{lease}}"],
      ["PUT sys/leases/revoke", { lease_id: "{{lease}}" }],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }],
      ["PUT sys/leases/renew", { lease_id: "{{lease}}" }],
      ["PUT sys/leases/revoke", { lease_id: "{{lease}}" }],
      [`GET ${at(names.life)}/creds/r`, undefined, lease],
      ["PUT sys/leases/revoke/{{lease}}"],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }],
      [`GET ${at(names.life)}/creds/r`, undefined, lease],
      ["PUT sys/revoke/{{lease}}"],
      [`GET ${at(names.life)}/creds/r`, undefined, lease],
      ["PUT sys/leases/revoke", { lease_id: "{{lease}}", sync: true }],
    ]),
    leased(
      names.max,
      { r: { default_ttl: "20s", max_ttl: "40s" }, mount: {}, long: { default_ttl: "2h", max_ttl: "1h" } },
      [
        [`GET ${at(names.max)}/creds/r`, undefined, lease],
        ["PUT sys/leases/renew", { lease_id: "{{lease}}", increment: "1h" }],
        ["PUT sys/leases/renew", { lease_id: "{{lease}}", increment: 10 }],
        ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }, { only }],
        ["PUT sys/leases/renew", { lease_id: "{{lease}}" }],
        ["PUT sys/leases/renew", { lease_id: "{{lease}}", increment: -5 }],
        [`GET ${at(names.max)}/creds/mount`, undefined, lease],
        [`POST sys/mounts/${at(names.max)}/tune`, { default_lease_ttl: "90s", max_lease_ttl: "3m" }],
        [`GET ${at(names.max)}/creds/mount`, undefined, lease],
        ["PUT sys/leases/renew", { lease_id: "{{lease}}", increment: "1h" }],
        [`GET ${at(names.max)}/creds/long`, undefined, lease],
      ],
    ),
    {
      ...leased(names.ends, { r: { default_ttl: "2s", max_ttl: "1h" } }, []),
      run: async (vault) => {
        const own = at(names.ends);
        await leased(names.ends, { r: { default_ttl: "2s", max_ttl: "1h" } }, []).run(vault);
        const pattern = "v-root-r-%";
        const before = await accounts(vault, pattern);
        const { body } = await ask(vault, `GET ${own}/creds/r`);
        const { lease_id } = body as { lease_id: string };
        const during = (await accounts(vault, pattern)) - before;
        await expect
          .poll(async () => (await accounts(vault, pattern)) - before, { timeout: 6_000, interval: 50 })
          .toBe(0);
        // The lease goes right after its account.
        const look = (): Promise<Told> => ask(vault, "PUT sys/leases/lookup", { lease_id });
        await expect.poll(async () => (await look()).status, { timeout: 6_000, interval: 20 }).toBe(400);
        return [during, await look()];
      },
    },
    leased(names.prefix, { r: { default_ttl: "1h" }, s: { default_ttl: "1h" } }, [
      [`GET ${at(names.prefix)}/creds/r`, undefined, lease],
      [`GET ${at(names.prefix)}/creds/s`, undefined, { ...lease, save: { other: "lease_id" } }],
      [`LIST sys/leases/lookup/${at(names.prefix)}`],
      [`LIST sys/leases/lookup/${at(names.prefix)}/creds`],
      [`LIST sys/leases/lookup/${at(names.prefix)}/creds/r`, undefined, { only: ["data.nothing"] }],
      ["LIST sys/leases/lookup/nowhere"],
      [`PUT sys/leases/revoke-prefix/${at(names.prefix)}/creds/r`],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }, { only }],
      ["PUT sys/leases/lookup", { lease_id: "{{other}}" }, { only: ["data.renewable"] }],
      [`PUT sys/leases/revoke-force/${at(names.prefix)}`],
      ["PUT sys/leases/lookup", { lease_id: "{{other}}" }, { only }],
      ["PUT sys/leases/revoke-prefix/nowhere"],
      [`GET ${at(names.prefix)}/creds/r`, undefined, lease],
      ["PUT sys/leases/revoke-prefix/{{lease}}"],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }, { only }],
      [`GET ${at(names.prefix)}/creds/r`, undefined, lease],
      ["PUT sys/leases/revoke-force/{{lease}}"],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }, { only }],
      ["PUT sys/revoke-prefix/nowhere"],
      ["PUT sys/leases/tidy"],
    ]),
    leased(names.token, { r: { default_ttl: "1h" } }, [
      ["PUT sys/policies/acl/~", { policy: `path "${at(names.token)}/creds/*" { capabilities = ["read"] }` }],
      ["POST auth/token/create", { policies: ["~"], ttl: "1h" }, { save: { t: "auth.client_token" }, only: [] }],
      [`GET ${at(names.token)}/creds/r`, undefined, { ...lease, token: "{{t}}" }],
      ["PUT sys/leases/renew", { lease_id: "{{lease}}" }, { token: "{{t}}" }],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }, { token: "{{t}}", only }],
      ["PUT sys/leases/revoke", { lease_id: "{{lease}}" }, { token: "{{t}}" }],
      ["PUT sys/leases/revoke-prefix/a", {}, { token: "{{t}}" }],
      ["PUT auth/token/revoke", { token: "{{t}}" }],
      ["PUT sys/leases/lookup", { lease_id: "{{lease}}" }, { after: 0.5 }],
      ["POST auth/token/create", { policies: ["~"], num_uses: 1 }, { save: { u: "auth.client_token" }, only: [] }],
      [`GET ${at(names.token)}/creds/r`, undefined, { token: "{{u}}" }],
    ]),
    conversation("a token's life is a lease too", [
      [
        "POST auth/token/create-orphan",
        { ttl: "1h", policies: ["default"] },
        { save: { t: "auth.client_token" }, only: [] },
      ],
      ["LIST sys/leases/lookup/auth/token/create-orphan", undefined, { save: { key: "data.keys.0" }, only: [] }],
      ["PUT sys/leases/lookup", { lease_id: "auth/token/create-orphan/{{key}}" }],
      ["PUT sys/leases/renew", { lease_id: "auth/token/create-orphan/{{key}}" }],
      ["PUT sys/leases/revoke", { lease_id: "auth/token/create-orphan/{{key}}" }],
      ["GET auth/token/lookup-self", undefined, { token: "{{t}}" }],
      ["LIST sys/leases/lookup/auth/token/create-orphan"],
    ]),
    conversation(names.wrong, [
      ["PUT sys/leases/lookup", {}],
      ["PUT sys/leases/lookup", { lease_id: "nope" }],
      ["PUT sys/leases/renew", {}],
      ["PUT sys/leases/renew", { lease_id: "nope" }],
      ["PUT sys/leases/renew", { lease_id: "nope", increment: "abc" }],
      ["PUT sys/leases/revoke", {}],
      ["PUT sys/leases/revoke", { lease_id: "nope" }],
      ["GET sys/leases/lookup"],
      ["GET sys/leases/renew"],
    ]),
  ],
});
