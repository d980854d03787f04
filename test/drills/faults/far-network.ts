import { execFile } from "node:child_process";
import { readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { sleep, systemClock } from "@minicluster/core";
import { type ProcessHandle, startProcess } from "@minicluster/servers";
import { type CommandLine, inOwnNetwork, isInOwnNetwork } from "./own-network.ts";

/** Which packets are lost: those of far processes to a server, those of the server to them, or all. */
export type Lost = "requests" | "answers" | "both";

export interface Cut {
  /** The server's, on 127.0.0.1 of this network. */
  ports: readonly number[];
  lost: Lost;
}

type Side = "near" | "far";

const run = promisify(execFile);
const address: Readonly<Record<Side, string>> = { near: "10.77.0.1", far: "10.77.0.2" };

/** Places in the order in which rules are asked: a cut must come before the table of own addresses, which is first by default. */
const place = { cut: "10", ownAddresses: "100" } as const;

/** What is lost where: a packet is dropped where it arrives, so that its sender hears nothing. */
const drops: readonly { lost: readonly Lost[]; at: Side; port: "dport" | "sport" }[] = [
  { lost: ["requests", "both"], at: "near", port: "dport" },
  { lost: ["answers", "both"], at: "far", port: "sport" },
];

/**
 * A second network, joined to this one by a cable that can be cut: for TCP to some ports, in one direction or both,
 * silently, connections that are open included. A process in it reaches 127.0.0.1 of *this* network under that same
 * address, so that what Consul says of servers is right there too; it listens itself on {@link address}.
 *
 * It is gone with the processes in it, also after a SIGKILL of this one.
 *
 * @example
 * await using far = await FarNetwork.start();
 * spawn(...far.inside({ command: process.execPath, args: ["service.js"] }));
 * await far.cut({ ports: [8200], lost: "answers" });
 * await far.mend();
 */
export class FarNetwork implements AsyncDisposable {
  /** Its own address. */
  readonly address: string = address.far;
  readonly #holder: ProcessHandle;
  readonly #namespace: string;
  #rules: { at: Side; rule: string[] }[] = [];

  private constructor(holder: ProcessHandle) {
    this.#holder = holder;
    this.#namespace = `/proc/${holder.pid}/ns/net`;
  }

  /** @throws when this process is not in a network of its own: see `inOwnNetwork` */
  static async start(): Promise<FarNetwork> {
    if (!(await isInOwnNetwork()))
      throw new Error("this process is not in a network of its own: run it by unshare --net");
    const { command, args } = inOwnNetwork({ command: "sleep", args: ["infinity"] });
    const network = new FarNetwork(await startProcess({ name: "far-network", command, args }));
    try {
      await network.#join();
      return network;
    } catch (error) {
      await network.#holder.close();
      throw error;
    }
  }

  /** The same command as a process of this network. It becomes that command, without a process in between. */
  inside({ command, args }: CommandLine): CommandLine {
    return { command: "nsenter", args: [`--net=${this.#namespace}`, "--", command, ...args] };
  }

  /** From now on packets are lost. Cuts add up. */
  async cut({ ports, lost }: Cut): Promise<void> {
    for (const { at, port } of drops.filter((drop) => drop.lost.includes(lost))) {
      for (const number of ports) {
        const rule = ["pref", place.cut, "iif", at, "ipproto", "tcp", port, `${number}`, "blackhole"];
        await this.#ip(at, "rule", "add", ...rule);
        this.#rules.push({ at, rule });
      }
    }
  }

  /** Nothing is lost any more. TCP sends again what was lost when it sees fit, which is later the longer it was. */
  async mend(): Promise<void> {
    for (const { at, rule } of this.#rules.splice(0)) await this.#ip(at, "rule", "del", ...rule);
  }

  /** End the processes in it first: it goes with the last one. This network is as it was before. */
  async close(): Promise<void> {
    await this.mend();
    await this.#ip("near", "link", "del", "near");
    await this.#ip("near", "rule", "add", "pref", "0", "lookup", "local");
    await this.#ip("near", "rule", "del", "pref", place.ownAddresses);
    await this.#holder.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #join(): Promise<void> {
    const own = await readlink("/proc/self/ns/net");
    while ((await readlink(this.#namespace)) === own) await sleep(systemClock, 5);
    await this.#ip("near", "link", "set", "lo", "up");
    await this.#ip(
      "near",
      "link",
      "add",
      "near",
      "type",
      "veth",
      "peer",
      "name",
      "far",
      "netns",
      `${this.#holder.pid}`,
    );
    for (const side of ["near", "far"] as const) {
      await this.#ip(side, "address", "add", `${address[side]}/24`, "dev", side);
      await this.#ip(side, "link", "set", side, "up");
      await this.#ip(side, "rule", "add", "pref", place.ownAddresses, "lookup", "local");
      await this.#ip(side, "rule", "del", "pref", "0");
      // Addresses of 127.0.0.0/8 may come in by the cable; every packet is looked at anew, so that open connections are cut as well.
      const settings = [`net.ipv4.conf.${side}.route_localnet=1`, "net.ipv4.tcp_early_demux=0"];
      await this.#at(side, "sysctl", "-q", "-w", ...settings);
    }
    await this.#ip("far", "link", "set", "lo", "up");
    await this.#ip("far", "address", "del", "127.0.0.1/8", "dev", "lo");
    await this.#ip("far", "route", "add", "127.0.0.0/8", "via", address.near, "src", address.far);
  }

  async #ip(side: Side, ...args: string[]): Promise<void> {
    await this.#at(side, "ip", ...args);
  }

  async #at(side: Side, command: string, ...args: string[]): Promise<void> {
    const line = side === "near" ? { command, args } : this.inside({ command, args });
    await run(line.command, line.args);
  }
}
