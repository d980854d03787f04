import { join } from "node:path";
import { Apt, aptSources } from "./apt.ts";
import type { AptSource } from "./apt-sources.ts";
import type { Binary } from "./binary.ts";
import { cached, type MakeJob } from "./cached.ts";
import { ServersError } from "./errors.ts";
import { fromVariable, onPath } from "./executable.ts";
import type { FetchOptions } from "./progress.ts";
import { versionOf } from "./version-of.ts";

/** Debian's last release with a package of Consul, and its version there. */
const suite = "bullseye";
const packaged = "1.8.7";

/**
 * Consul: MINICLUSTER_CONSUL_BIN, else `consul` on PATH, else Debian bullseye's package, downloaded from the mirror
 * this machine uses and unpacked into the cache.
 *
 * @throws ServersError `BINARY_MISSING` naming what to install; `FETCH_FAILED` when the download fails
 */
export async function findConsul(options: FetchOptions = {}): Promise<Binary> {
  const own = fromVariable("MINICLUSTER_CONSUL_BIN") ?? onPath("consul");
  if (own) return { path: own, version: await versionOf(own, "version"), env: {} };
  const key = `consul-${packaged}-${process.arch}`;
  const directory = await cached({ key, title: `Consul ${packaged}`, make: unpackConsul }, options);
  return { path: join(directory, "usr/bin/consul"), version: packaged, env: {} };
}

async function unpackConsul({ directory, progress, watchdog, signal }: MakeJob): Promise<void> {
  const help = "install Consul (a `consul` on PATH) or set MINICLUSTER_CONSUL_BIN";
  const source = debianMirror(aptSources());
  if (!source) {
    throw new ServersError("BINARY_MISSING", `Consul: no Debian mirror among apt's sources on this machine: ${help}`);
  }
  try {
    Apt.check();
    const sources = [`deb ${source.signedBy ? `[signed-by=${source.signedBy}] ` : ""}${source.uri} ${suite} main`];
    const apt = new Apt({ directory: join(directory, "apt"), sources, watchdog, signal });
    progress.step("reading the package list");
    await apt.update();
    progress.step("downloading (15 MB)");
    await apt.unpack(["consul"], directory);
    await apt.remove();
  } catch (error) {
    signal?.throwIfAborted();
    throw new ServersError("FETCH_FAILED", `Consul ${packaged} from ${source.uri}: ${String(error)}: ${help}`, error);
  }
}

/** The source for Debian itself, as opposed to security updates and third parties. */
export function debianMirror(sources: readonly AptSource[]): AptSource | undefined {
  return sources.find(({ uri, suite }) => /\/debian$/.test(uri) && !/security/.test(uri + suite));
}
