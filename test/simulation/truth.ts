import type { EmbeddedVaultReply } from "@minicluster/servers";
import { AccountsAskedFor } from "./accounts-asked-for.ts";
import { GrantedLife, type Moment } from "./granted-life.ts";
import { Intervals } from "./intervals.ts";
import { type PoolName, staticPath, staticUser } from "./pools.ts";
import type { MysqlListeners } from "./simulated-mysql.ts";
import type { SimulatedTime } from "./simulated-time.ts";
import type { World } from "./world.ts";

/** MySQL was away: for so long after its return calls may fail. */
const recoveryMs = 2_000;
/** An account that nobody can replace excuses a failure when that lasted for so long: a caller waits for ten seconds. */
const patienceMs = 2_000;
/** After so long nothing follows from a fault or from what was done by hand. */
const quietMs = 600_000;
/** After a fault. */
const settlingMs = 200_000;
/** How often it looks, while something is wrong and while nothing is. */
const [closeLookMs, restMs] = [500, 60_000];

const renewPath = "/v1/sys/leases/renew";

interface LeaseOfVault {
  lease_id: string;
  lease_duration: number;
}

/** What nobody tells the service: who is away, whose account works, and whether an account could be had. */
export class Truth {
  readonly violations: string[] = [];
  readonly counts = { issued: 0, accountsDropped: 0, tokensLost: 0, leasesLost: 0 };
  /** Of the pool's accounts, those that somebody other than Vault dropped: Vault can't drop them again. */
  readonly droppedByHand = new Set<string>();
  /** How often each row was written. */
  readonly written = new Map<number, number>();
  readonly listeners: MysqlListeners;
  /** Faults that are going on. */
  faults = 0;
  /** When somebody did something by hand. */
  handledAt = 0;
  /** Calls that are under way. */
  calls = 0;
  /** The password of the static role was changed, and Vault does not know. */
  staticBroken = false;
  calmSince: number | undefined;
  /** Of the last lease and the last token, as granted last; a lease ends with its token. */
  readonly lives: { lease?: GrantedLife; token?: GrantedLife } = {};
  readonly #time: SimulatedTime;
  readonly #path: string;
  readonly #accounts: Partial<Record<PoolName, { username: string; password: string }>> = {};
  readonly #away = new Intervals();
  readonly #stuck: Record<PoolName, Intervals> = { rotating: new Intervals(), static: new Intervals() };
  readonly #vaultAway = new Intervals();
  readonly #asked = new AccountsAskedFor();
  /** Sessions that were ended on purpose: when. */
  #cuts: number[] = [];
  /** Connections ended while the service slept: it finds out when it wakes. */
  #endedAsleep = false;
  /** The account of each lease. */
  readonly #users = new Map<string, string>();
  #serving = true;
  /** The same as calm, whatever becomes of the static role. */
  #wellSince: number | undefined;
  #looking = false;
  #world: World | undefined;
  #cancel: () => void = () => {};

  constructor(time: SimulatedTime, path: string) {
    this.#time = time;
    this.#path = path;
    this.listeners = {
      account: (user, what) => this.#changed(user, what),
      written: (id) => void this.written.set(id, (this.written.get(id) ?? 0) + 1),
    };
  }

  watch(world: World): void {
    this.#world = world;
    this.#tick();
  }

  close(): void {
    this.#cancel();
  }

  /** Vault gets a request. */
  taken(path: string, asked: Moment): void {
    if (path === `/v1/${this.#path}`) this.#asked.ask(asked.real);
  }

  /** A request is over. What it wants of a frozen MySQL happens all the same, later. */
  over(path: string, asked: Moment): void {
    if (path === `/v1/${this.#path}` && !this.#mustWorld().mysql.frozen) this.#asked.over(asked.real);
  }

  /** What Vault answers. A token whose answer never comes is one that nobody can revoke. */
  given(path: string, { status }: EmbeddedVaultReply): void {
    if (status === 200 && isLogin(path)) this.counts.tokensLost += 1;
    if (status === 200 && path === `/v1/${this.#path}`) this.counts.leasesLost += 1;
    const revoked = this.#users.get(path.replace("/v1/sys/leases/revoke/", ""));
    const { frozen, sessions } = this.#mustWorld().mysql;
    if (status < 300 && !frozen && revoked !== undefined && [...sessions].some(({ user }) => user === revoked)) {
      this.violations.push("the service gave an account back while it had connections of it");
    }
  }

  /** What Vault told the service, and when that had been asked. */
  answered(path: string, { status, body }: EmbeddedVaultReply, asked: Moment): void {
    // Not of Vault, but of something between.
    if (body === undefined) return;
    const { auth } = body as { auth?: { lease_duration: number } | null };
    if (auth) this.lives.token = new GrantedLife(asked, auth.lease_duration * 1_000);
    if (path === renewPath && status === 200) this.#renewed(body as LeaseOfVault, asked);
    if (isLogin(path) && status === 200) this.counts.tokensLost -= 1;
    const pool = path === `/v1/${this.#path}` ? "rotating" : path === `/v1/${staticPath}` ? "static" : undefined;
    if (!pool || status !== 200) return;
    const { data, lease_id, lease_duration } = body as LeaseOfVault & { data: { username: string; password: string } };
    this.#accounts[pool] = data;
    this.look();
    if (pool !== "rotating") return;
    this.lives.lease = new GrantedLife(asked, lease_duration * 1_000);
    this.counts.leasesLost -= 1;
    this.#users.set(lease_id, data.username);
    // The last few are enough: older ones are given back already.
    for (const id of [...this.#users.keys()].slice(0, -20)) this.#users.delete(id);
  }

  #renewed({ lease_id, lease_duration }: LeaseOfVault, asked: Moment): void {
    if (this.#users.get(lease_id) !== this.userOf("rotating")) return;
    this.lives.lease = new GrantedLife(asked, lease_duration * 1_000);
  }

  /** Of the last account that Vault gave out. */
  userOf(pool: PoolName): string | undefined {
    return this.#accounts[pool]?.username;
  }

  /** Something was done to Vault: until it is seen to serve, it does not. */
  vaultTroubled(): void {
    this.#serving = false;
    this.look();
  }

  vaultAwayBetween(from: number, to: number): boolean {
    return this.#vaultAway.touches(from, to);
  }

  /** Whether MySQL is away for the service. */
  get mysqlAway(): boolean {
    const { mysql, catalog } = this.#mustWorld();
    const port = catalog.told.get("mysql");
    const listens = port === undefined || mysql.ports.has(port);
    return !mysql.running || mysql.frozen || mysql.maxConnections < 100 || !listens;
  }

  /** Whether MySQL takes what Vault gave out last. */
  works(pool: PoolName): boolean {
    const account = this.#accounts[pool];
    return account !== undefined && this.#mustWorld().mysql.accounts.takes(account.username, account.password, "todo");
  }

  /** Whether a call that lived from then to then may have failed. */
  excuses(pool: PoolName, from: number, to: number): boolean {
    this.look();
    if (this.#away.touches(from - recoveryMs, to)) return true;
    if (this.#stuck[pool].touches(from, to, patienceMs)) return true;
    return this.#cuts.some((at) => from <= at && at <= to);
  }

  /** Sessions are ended on purpose. */
  cut(): void {
    this.#cuts.push(this.#time.monotonic());
    this.#endedAsleep ||= this.#mustWorld().process.asleep;
  }

  /** MySQL has been there for all of the last so many milliseconds. */
  mysqlThere(ms: number): boolean {
    const now = this.#time.monotonic();
    return !this.#away.touches(now - ms, now);
  }

  /** Looks at everything now. */
  look(): void {
    const world = this.#world;
    if (!world) return;
    const now = this.#time.monotonic();
    this.#endedAsleep = world.process.asleep && (this.#endedAsleep || this.mysqlAway);
    this.#away.note(this.mysqlAway || this.#endedAsleep, now);
    this.#vaultAway.note(!this.#serving || world.transport.mischief !== undefined, now);
    for (const pool of ["rotating", "static"] as const) {
      this.#stuck[pool].note(!this.works(pool) && !this.#canIssue(pool), now);
    }
    const well = this.#serving && !this.mysqlAway && this.faults === 0 && !world.process.asleep;
    this.#wellSince = well && this.works("rotating") ? (this.#wellSince ?? now) : undefined;
    const calm = this.#wellSince !== undefined && this.works("static") && !this.staticBroken;
    this.calmSince = calm ? (this.calmSince ?? now) : undefined;
    // A while longer, so that what follows from a fault takes its usual time.
    world.slack.exact = this.calls > 0 || this.calmSince === undefined || now - this.calmSince < settlingMs;
  }

  #canIssue(pool: PoolName): boolean {
    const { transport } = this.#mustWorld();
    if (!this.#serving || transport.mischief || this.mysqlAway) return false;
    return pool === "static" ? !this.staticBroken : this.#asked.mayAsk(this.#time.monotonic());
  }

  #changed(user: string, what: "created" | "dropped" | "changed"): void {
    if (user === staticUser) this.staticBroken = false;
    else if (what === "dropped") this.counts.accountsDropped += 1;
    else if (what === "created") {
      this.counts.issued += 1;
      if (this.#asked.made(this.#time.monotonic()))
        this.violations.push("more than three accounts of a minute were made");
    }
    if (what !== "created") this.#mustHaveReason(user);
    this.look();
  }

  /** Vault takes its rights before it drops it. */
  #mustHaveReason(user: string): void {
    const now = this.#time.monotonic();
    const quiet = this.#wellSince !== undefined && now - this.#wellSince > quietMs && now - this.handledAt > quietMs;
    if (quiet && user === this.userOf("rotating") && !this.works("rotating") && !this.#endWasHidden())
      this.violations.push("a lease ran out though all was well");
  }

  /** Of what is over, nothing could be seen to end by the service's own clocks. */
  #endWasHidden(): boolean {
    const { moment } = this.#mustWorld();
    const over = Object.values(this.lives).filter((life) => life.over(moment));
    return over.length > 0 && over.every((life) => life.hidden(moment));
  }

  #tick(): void {
    this.look();
    const now = this.#time.monotonic();
    const kept = now - 3_600_000;
    for (const intervals of [this.#away, this.#vaultAway, ...Object.values(this.#stuck)]) intervals.forget(kept);
    this.#cuts = this.#cuts.filter((at) => at >= kept);
    this.#asked.forget(now);
    if (!this.#serving) void this.#lookForLeader();
    this.#cancel = this.#time.after(this.calmSince === undefined ? closeLookMs : restMs, () => this.#tick());
  }

  async #lookForLeader(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const leader = await this.#mustWorld().operator.leader();
    this.#looking = false;
    if (!leader || this.#mustWorld().transport.mischief) return;
    this.#serving = true;
    this.look();
  }

  #mustWorld(): World {
    if (!this.#world) throw new Error("there is no world yet");
    return this.#world;
  }
}

function isLogin(path: string): boolean {
  return path.endsWith("/login");
}
