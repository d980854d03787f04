import type { Secret } from "@minicluster/core";
import {
  type Consul,
  type Mariadb,
  startConsul,
  startMariadb,
  startUnsealedVault,
  type UnsealedVault,
} from "@minicluster/servers";
import { VaultClient } from "@minicluster/vault";
import { configureCluster } from "../src/configure-cluster.ts";
import { type DoctorOptions, type DoctorReport, doctor } from "../src/doctor/doctor.ts";
import { provisionService } from "../src/provision-service.ts";

export interface Leg {
  version: "1.11.0" | "1.14.0";
  auth: "app-id" | "approle";
  engine: "mysql" | "database";
}

type Env = Record<string, string>;

/** A configured cluster for the tests of `doctor`, with what it leaves behind. */
export class DoctorCluster implements AsyncDisposable {
  readonly leg: Leg;
  readonly consul: Consul;
  readonly vault: UnsealedVault;
  readonly mariadb: Mariadb;
  readonly operator: VaultClient;
  readonly creds: string;
  /** Of one instance. */
  env: Env = {};

  private constructor(leg: Leg, servers: { consul: Consul; vault: UnsealedVault; mariadb: Mariadb }) {
    this.leg = leg;
    this.consul = servers.consul;
    this.vault = servers.vault;
    this.mariadb = servers.mariadb;
    this.operator = new VaultClient({ address: this.vault.vault.address, token: this.vault.rootToken });
    this.creds = `${leg.engine}/creds/todo`;
  }

  static async start(leg: Leg): Promise<DoctorCluster> {
    const [consul, mariadb] = await Promise.all([startConsul(), startMariadb()]);
    const vault = await startUnsealedVault({ version: leg.version, storage: consul });
    const cluster = new DoctorCluster(leg, { consul, vault, mariadb });
    await consul.register({ name: "mysql", address: mariadb.host, port: mariadb.port });
    await cluster.configure();
    cluster.env = {
      CONSUL_HTTP_ADDR: consul.address,
      MYSQL_CREDENTIALS: cluster.creds,
      MYSQL_DATABASE: "todo",
      ...(await cluster.provision()),
    };
    return cluster;
  }

  /** Brings role, policy and login to what they should be; with a new password, Vault connects to MySQL anew. */
  async configure(more: { rotatePassword?: boolean } = {}): Promise<void> {
    const { host, port, rootUser: adminUser, rootPassword: adminPassword } = this.mariadb;
    const { auth, engine } = this.leg;
    const mysql = { host, port, adminUser, adminPassword };
    await configureCluster({ vault: this.operator, mysql, auth, engine, ...more });
  }

  async provision(options: { wrapTtl?: "1m" } = {}): Promise<Env> {
    const { env } = await provisionService({ vault: this.operator, service: "todo", auth: this.leg.auth, ...options });
    return revealed(env);
  }

  /** What an operator sets beside a service's environment. */
  get operatorEnv(): Env {
    const { host, port, rootPassword } = this.mariadb;
    return {
      VAULT_TOKEN: this.vault.rootToken.reveal(),
      MYSQL_ADMIN_URL: `mysql://root:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`,
    };
  }

  doctor(env: Env = {}, options: DoctorOptions = {}): Promise<DoctorReport> {
    return doctor({ env: { ...this.env, ...env }, ...options });
  }

  async policy(text: string): Promise<void> {
    await this.operator.write("sys/policies/acl/todo", { policy: text });
  }

  /** Gives the role other statements. */
  async role(...grants: string[]): Promise<void> {
    const sql = ["CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'", ...grants].join("; ");
    const { engine } = this.leg;
    const body = engine === "mysql" ? { sql } : { db_name: "mysql", creation_statements: [sql] };
    await this.operator.write(`${engine}/roles/todo`, body);
  }

  /** An account as another instance would get it. */
  async issue(): Promise<{ username: string; leaseId: string }> {
    const { data, lease_id } = (await this.operator.read(this.creds)) ?? {};
    return { username: (data as { username: string }).username, leaseId: String(lease_id) };
  }

  /** Everything as it was at the start, whatever a test did. */
  async reset(): Promise<void> {
    await this.operator.write(`sys/leases/revoke-force/${this.leg.engine}`, {});
    const users = await this.mariadb.admin("SELECT User FROM mysql.user WHERE User LIKE '%-%'");
    for (const { User } of users) await this.mariadb.admin("DROP USER ?@'%'", [User]);
    await this.mariadb.admin("DROP DATABASE IF EXISTS other");
    await this.configure();
  }

  /** Leases, accounts and tokens that are there now, by their names. */
  async remains(): Promise<string[]> {
    const keys = async (path: string): Promise<string[]> => {
      const answer = await this.operator.list(path).catch(() => undefined);
      return (answer?.["data"] as { keys: string[] } | undefined)?.keys ?? [];
    };
    const users = await this.mariadb.admin("SELECT User FROM mysql.user WHERE User LIKE '%-%'");
    const found = [...(await keys(`sys/leases/lookup/${this.creds}`)), ...(await keys("auth/token/accessors"))];
    return [...found, ...users.map(({ User }) => String(User))].sort();
  }

  /** Every secret that there is. */
  get secrets(): string[] {
    const { VAULT_APP_ID, VAULT_USER_ID, VAULT_SECRET_ID } = this.env;
    const own = [VAULT_APP_ID, VAULT_USER_ID, VAULT_SECRET_ID, ...Object.values(this.operatorEnv)];
    return [...own.flatMap((secret) => secret ?? []), this.mariadb.rootPassword.reveal()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.operator.close();
    await Promise.all([this.mariadb.close(), this.vault.vault.close()]);
    await this.consul.close();
  }
}

function revealed(env: Readonly<Record<string, Secret>>): Env {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()]));
}

/** `status subject: what`, one a line, as the tables of the tests have it. */
export function lines({ findings }: DoctorReport): string {
  return findings.map(({ status, subject, what }) => `${status} ${subject}: ${what}`).join("\n");
}
