import { Deadline, type Freshness, Secret } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import {
  type Credentials,
  type CredentialsSource,
  createPool,
  type PoolOptions,
  type RotatingPool,
} from "../src/index.ts";
import { FakeDriver } from "./fake-driver.ts";

/** Credentials on a clock that the test owns. */
export class Leases implements CredentialsSource {
  current: Credentials;
  state: Freshness = "fresh";
  readonly released: string[] = [];
  rotations = 0;
  readonly #clock: ManualClock;
  readonly #ends = new Map<string, Deadline>();
  readonly #listeners = new Set<(event: { current: Credentials; previous: Credentials | undefined }) => void>();

  constructor(clock: ManualClock, lifeMs: number) {
    this.#clock = clock;
    this.current = this.#make(lifeMs);
  }

  ready = async (): Promise<Credentials> => this.current;
  rotate = async (): Promise<Credentials> => this.next(60_000);

  onRotated(listener: (event: { current: Credentials; previous: Credentials | undefined }) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  remainingMs = ({ id }: Credentials): number => this.#ends.get(id)?.remainingMs ?? -1;

  release = async ({ id }: Credentials): Promise<void> => {
    this.released.push(id);
  };

  next(lifeMs: number): Credentials {
    const previous = this.current;
    this.current = this.#make(lifeMs);
    for (const listener of this.#listeners) listener({ current: this.current, previous });
    return this.current;
  }

  #make(lifeMs: number): Credentials {
    this.rotations += 1;
    const id = `lease-${this.rotations}`;
    this.#ends.set(id, new Deadline(this.#clock, lifeMs));
    return { id, username: `user-${this.rotations}`, password: new Secret("pw") };
  }
}

/** A pool on a clock and a driver that the test owns. */
export function made(options: { lifeMs?: number; pool?: Partial<PoolOptions> } = {}): {
  clock: ManualClock;
  driver: FakeDriver;
  leases: Leases;
  pool: RotatingPool;
} {
  const clock = new ManualClock();
  const driver = new FakeDriver();
  const leases = new Leases(clock, options.lifeMs ?? 3_600_000);
  const pool = createPool({
    credentials: leases,
    address: { host: "mysql", port: 3306 },
    database: "d",
    driver: driver.module,
    clock,
    random: () => 0.5,
    ...options.pool,
  });
  return { clock, driver, leases, pool };
}
