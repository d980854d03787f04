import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "@minicluster/core";
import { AuditDevice, type AuditEntry } from "./audit-device.ts";
import { type Audited, type AuditedAnswer, requestLine, responseLine } from "./audit-line.ts";
import type { Barrier } from "./barrier.ts";
import { VaultFailure } from "./failure.ts";

export interface AuditBrokerOptions {
  barrier: Barrier;
  clock: Clock;
  note: (line: string) => void;
}

/** Writes what was asked and answered to every audit device. */
export class AuditBroker {
  readonly #barrier: Barrier;
  readonly #clock: Clock;
  readonly #note: (line: string) => void;
  readonly #devices = new Map<string, AuditDevice>();

  constructor({ barrier, clock, note }: AuditBrokerOptions) {
    this.#barrier = barrier;
    this.#clock = clock;
    this.#note = note;
  }

  async load(): Promise<void> {
    for (const key of await this.#barrier.list("")) {
      const entry = await this.#barrier.get<AuditEntry>(key);
      if (entry) this.#devices.set(entry.path, await AuditDevice.open(entry));
    }
  }

  all(): AuditEntry[] {
    return [...this.#devices.values()].map(({ entry }) => entry);
  }

  /** @throws VaultFailure 400 */
  async enable(device: Omit<AuditEntry, "salt">): Promise<void> {
    for (const path of this.#devices.keys()) {
      if (path.startsWith(device.path) || device.path.startsWith(path))
        throw new VaultFailure(400, "path already in use");
    }
    const entry = { ...device, salt: randomBytes(32).toString("base64") };
    const opened = await AuditDevice.open(entry);
    await opened.write({
      time: this.#now(),
      type: "request",
      auth: { token_type: "default" },
      request: { id: randomUUID(), operation: "update", namespace: { id: "root" }, path: "sys/audit/test" },
    });
    this.#devices.set(entry.path, opened);
    await this.#barrier.put(encodeURIComponent(entry.path), entry);
  }

  async disable(path: string): Promise<void> {
    const device = this.#devices.get(path);
    this.#devices.delete(path);
    await this.#barrier.delete(encodeURIComponent(path));
    await device?.close();
  }

  /** @throws VaultFailure 400 */
  hash(path: string, input: string): string {
    const device = this.#devices.get(path);
    if (!device) throw new VaultFailure(400, `unknown audit backend "${path}"`);
    return device.hash(input);
  }

  /** @throws VaultFailure 500 when no device could write it: nothing is done without a trace */
  async request(audited: Audited, error?: Error): Promise<void> {
    await this.#each((device) => requestLine(device, audited, error));
  }

  /** @throws VaultFailure 500 when no device could write it */
  async response(audited: AuditedAnswer): Promise<void> {
    await this.#each((device) => responseLine(device, audited));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#devices.values()].map((device) => device.close()));
  }

  async #each(line: (device: AuditDevice) => object): Promise<void> {
    if (this.#devices.size === 0) return;
    const time = this.#now();
    const writes = [...this.#devices.values()].map((device) => device.write({ time, ...line(device) }));
    const done = await Promise.allSettled(writes);
    for (const one of done) if (one.status === "rejected") this.#note(`[ERROR] audit: ${String(one.reason)}`);
    if (done.every(({ status }) => status === "rejected")) throw new VaultFailure(500, "internal error");
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
