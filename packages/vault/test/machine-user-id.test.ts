import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { machineUserId } from "../src/machine-user-id.ts";

const salt = "a-salt-of-this-cluster";
const mac = "0a:1b:2c:3d:4e:5f";

test("is HMAC-SHA-256 of the address, keyed by the salt, whatever way the address is written", () => {
  const expected = createHmac("sha256", salt).update(`minicluster user-id\n${mac}`).digest("hex");
  for (const written of [mac, "0A-1B-2C-3D-4E-5F", "0a1b.2c3d.4e5f", " 0A1B2C3D4E5F\n"]) {
    expect(machineUserId({ salt, mac: written }).reveal()).toBe(expected);
  }
});

test("differs by salt and by address, and does not print", () => {
  const one = machineUserId({ salt, mac });
  expect(machineUserId({ salt: `${salt}2`, mac }).equals(one)).toBe(false);
  expect(machineUserId({ salt, mac: "0a:1b:2c:3d:4e:60" }).equals(one)).toBe(false);
  expect(String(one)).toBe("[secret]");
});

test("of this machine is the same each time", () => {
  expect(machineUserId({ salt }).equals(machineUserId({ salt }))).toBe(true);
});

test.each(["", "0a:1b:2c:3d:4e", "0a:1b:2c:3d:4e:5g", "00:00:00:00:00:00", "localhost"])("%j is no address", (bad) => {
  expect(() => machineUserId({ salt, mac: bad })).toThrow(expect.objectContaining({ code: "VAULT_INVALID_OPTION" }));
});

test("a short salt is refused", () => {
  expect(() => machineUserId({ salt: "short", mac })).toThrow(/salt is shorter/);
});
