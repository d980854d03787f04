import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Secret } from "@minicluster/core";
import { invalidOption } from "./error.ts";

export interface MachineUserIdOptions {
  /** Known to the operator and to this machine; it must not lie beside the app-id. */
  salt: string | Secret;
  /** Default: that of this machine's first hardware interface, by name. */
  mac?: string | undefined;
}

const shortestSalt = 8;

/**
 * A user-id for this machine: HMAC-SHA-256 of its MAC address, keyed by the salt, in hex. An operator who knows both
 * computes the same one and registers it, so that no file is copied to the machine.
 *
 * @throws VaultError `VAULT_INVALID_OPTION` for a short salt, an address that is none, or a machine without one
 * @example appId({ appId, userId: machineUserId({ salt }) })
 */
export function machineUserId(options: MachineUserIdOptions): Secret {
  const salt = Secret.of(options.salt).reveal();
  if (salt.length < shortestSalt)
    throw invalidOption(`machineUserId: the salt is shorter than ${shortestSalt} characters`);
  const mac = normalizedMac(options.mac ?? machineMac());
  return new Secret(createHmac("sha256", salt).update(`minicluster user-id\n${mac}`).digest("hex"));
}

/** `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff` and `aabbccddeeff` are all `aa:bb:cc:dd:ee:ff`. */
function normalizedMac(mac: string): string {
  const digits = mac.trim().toLowerCase().replaceAll(/[:.-]/g, "");
  const pairs = /^[0-9a-f]{12}$/.test(digits) ? digits.match(/../g) : null;
  if (!pairs || /^0+$/.test(digits))
    throw invalidOption("machineUserId: mac is not a MAC address: write it like aa:bb:cc:dd:ee:ff");
  return pairs.join(":");
}

/** Of the first hardware interface by name, whether or not it is up; where there is none, of the first that isn't internal. */
function machineMac(): string {
  const mac = hardwareMac() ?? anyMac();
  if (mac === undefined)
    throw invalidOption("machineUserId: this machine has no network interface with a MAC address: give mac");
  return mac;
}

/** Linux: interfaces with a device behind them, so neither bridges nor containers' links, which come and go. */
function hardwareMac(): string | undefined {
  const root = "/sys/class/net";
  const macs = entries(root)
    .sort(byName)
    .filter((name) => entries(`${root}/${name}`).includes("device"))
    .map((name) => text(`${root}/${name}/address`).trim());
  return macs.find(isMac);
}

function anyMac(): string | undefined {
  return Object.entries(networkInterfaces())
    .sort(([a], [b]) => byName(a, b))
    .flatMap(([, addresses]) => (addresses ?? []).filter(({ internal }) => !internal).map(({ mac }) => mac))
    .find(isMac);
}

function isMac(mac: string): boolean {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac) && mac !== "00:00:00:00:00:00";
}

/** By code units: the same on every machine, whatever its locale. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
