import { sleep } from "@minicluster/core";
import type { EngineContext } from "../../engine.ts";
import { newPassword } from "../accounts/password.ts";
import { broken } from "../routing/refusals.ts";
import { Stamps } from "../routing/stamps.ts";
import { Turns } from "../routing/turns.ts";
import { allows, type Configurations } from "./configurations.ts";
import { changePassword } from "./password-change.ts";

/** A role whose readers share one account, which Vault did not make; its password changes every `periodSeconds`. */
export interface StaticRole {
  database: string;
  username: string;
  password: string;
  /** Written down before it is set, so that one which was set and not stored is not lost. */
  pending?: string | undefined;
  /** A stamp. */
  rotated: string;
  periodSeconds: number;
  rotation: readonly string[];
}

/** How often a real Vault looks for what is due; no period may be shorter. */
export const tickSeconds = 5;
const retryMs = 10_000;

/** The static roles of a mount. Rotates each when it is due, until closed. */
export class StaticRoles {
  readonly #context: EngineContext;
  readonly #configurations: Configurations;
  readonly #stamps: Stamps;
  readonly #turns = new Turns();
  readonly #due = new Map<string, number>();
  readonly #closing = new AbortController();
  readonly #ticking: Promise<void>;

  constructor(context: EngineContext, configurations: Configurations) {
    this.#context = context;
    this.#configurations = configurations;
    this.#stamps = new Stamps(context.clock);
    // A storage that fails is that of a node which leads no more: nothing is left to rotate.
    this.#ticking = this.#tick().catch(() => {});
  }

  find(name: string): Promise<StaticRole | undefined> {
    return this.#context.storage.get<StaticRole>(`static-role/${name}`);
  }

  list(): Promise<string[]> {
    return this.#context.storage.list("static-role/");
  }

  /** One change of a role at a time. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(name, work);
  }

  /** Stores a change that leaves the password as it is. */
  async put(name: string, role: StaticRole): Promise<void> {
    await this.#context.storage.put(`static-role/${name}`, role);
    this.#due.set(name, nextMs(role));
  }

  async delete(name: string): Promise<void> {
    this.#due.delete(name);
    await this.#context.storage.delete(`static-role/${name}`);
  }

  /**
   * Gives the account a new password and stores the role.
   *
   * @throws VaultFailure 500; nothing of a new role is stored then
   */
  async rotate(name: string, role: StaticRole): Promise<void> {
    const configuration = await this.#configurations.mustFind(role.database);
    if (!allows(configuration, name)) throw broken(`${JSON.stringify(name)} is not an allowed role`);
    const server = await this.#configurations.server(role.database);
    const password = role.pending ?? newPassword(this.#context.random);
    const isNew = (await this.find(name)) === undefined;
    if (!isNew) await this.#context.storage.put(`static-role/${name}`, { ...role, pending: password });
    const { username, rotation: statements } = role;
    await changePassword({ server, username, password, statements, phase: "error setting credentials" });
    await this.put(name, { ...role, password, pending: undefined, rotated: this.#stamps.now() });
  }

  /** Tries a rotation again after a while. */
  retryLater(name: string): void {
    this.#due.set(name, this.#context.clock.now() + retryMs);
  }

  /** Whole seconds until the next rotation; never negative. */
  ttlSeconds(role: StaticRole): number {
    return Math.max(0, Math.round((nextMs(role) - this.#context.clock.now()) / 1_000));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#closing;
    for (const name of await this.list()) {
      const role = await this.find(name);
      if (role) this.#due.set(name, nextMs(role));
    }
    for (;;) {
      await sleep(clock, tickSeconds * 1_000, { signal });
      const due = [...this.#due].filter(([, at]) => at <= clock.now());
      for (const [name] of due) await this.#rotateDue(name);
    }
  }

  #rotateDue(name: string): Promise<void> {
    return this.inTurn(name, async () => {
      const role = await this.find(name);
      if (!role || this.#closing.signal.aborted) return;
      try {
        await this.rotate(name, role);
      } catch {
        // Nobody asked, so nobody is told: whoever reads the credentials sees the old ones until it works again.
        this.retryLater(name);
      }
    });
  }
}

function nextMs({ rotated, periodSeconds }: StaticRole): number {
  return Date.parse(rotated) + periodSeconds * 1_000;
}
