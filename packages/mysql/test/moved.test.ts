import { expect, test } from "vitest";
import type { Address, AddressSource } from "../src/index.ts";
import { made } from "./leases.ts";

/** An address that the test changes. */
class Moving implements AddressSource {
  current: Address = { host: "old", port: 3306 };
  readonly state = "fresh";
  #listener: (address: Address) => void = () => {};

  ready = async (): Promise<Address> => this.current;

  onChange(listener: (address: Address) => void): () => void {
    this.#listener = listener;
    return () => {};
  }

  to(host: string): void {
    this.current = { host, port: 3306 };
    this.#listener(this.current);
  }
}

test("an account that is refused at the new address is replaced, while old connections at the old one still work", async () => {
  const address = new Moving();
  const { clock, driver, leases, pool } = made({ pool: { address } });
  const first = pool.query("SELECT 1");
  await clock.advance(0);
  driver.connections[0]?.answer();
  await first;
  driver.refusal = Object.assign(new Error("Access denied"), { errno: 1045, code: "ER_ACCESS_DENIED_ERROR" });
  address.to("new");
  await clock.advance(4_000);
  expect(leases.rotations).toBe(1);
  const second = pool.query("SELECT 2");
  driver.connections[0]?.answer(null, [{ 2: 2 }]);
  expect((await second)[0]).toEqual([{ 2: 2 }]);
  await clock.advance(7_000);
  expect(leases.rotations).toBe(2);
  driver.refusal = undefined;
  await clock.advance(6_000);
  expect(pool.stats.generation).toBeGreaterThan(1);
  expect(pool.health.status).toBe("passing");
  expect(leases.released).toEqual(["lease-1"]);
  await pool.close();
});
