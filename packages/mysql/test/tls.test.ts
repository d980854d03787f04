import { expect, test } from "vitest";
import type { TlsIdentity, TlsSource } from "../src/index.ts";
import { made } from "./leases.ts";

/** An identity that the test renews. */
class Identities implements TlsSource {
  current: TlsIdentity = { id: "serial-1", ssl: { cert: "first" } };
  readonly #listeners = new Set<(identity: TlsIdentity) => void>();

  onChange(listener: (identity: TlsIdentity) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  renew(identity: TlsIdentity): void {
    this.current = identity;
    for (const listener of this.#listeners) listener(identity);
  }
}

test("another TLS identity opens the next generation with it; the account stays, and borrowers finish on the old one", async () => {
  const tls = new Identities();
  const { clock, pool, driver, leases } = made({ pool: { tls } });
  const shown = () => driver.live.map(({ config }) => (config as { ssl?: { cert: string } }).ssl?.cert);
  const opened: (string | undefined)[] = [];
  pool.events.on("generation.opened", ({ tls }) => opened.push(tls));
  const held = pool.getConnection();
  await clock.advance(0);
  const connection = await held;
  expect(shown()).toEqual(["first"]);

  tls.renew({ id: "serial-2", ssl: { cert: "second" } });
  await clock.advance(10);
  expect(pool.stats).toMatchObject({ generation: 2, draining: 1 });
  expect(shown()).toContain("first");

  const next = pool.getConnection();
  await clock.advance(0);
  (await next).release();
  connection.release();
  await clock.advance(10);
  expect(pool.stats.draining).toBe(0);
  expect(new Set(shown())).toEqual(new Set(["second"]));
  expect(opened).toEqual(["serial-1", "serial-2"]);
  expect([leases.rotations, leases.released]).toEqual([1, []]);
  await pool.close();
});

test("an identity that is told again under the same id changes nothing", async () => {
  const tls = new Identities();
  const { clock, pool } = made({ pool: { tls } });
  const held = pool.getConnection();
  await clock.advance(0);
  (await held).release();
  tls.renew({ id: "serial-1", ssl: { cert: "first" } });
  await clock.advance(10);
  expect(pool.stats.generation).toBe(1);
  await pool.close();
});
