import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { abortable, type Clock, withDeadline } from "@minicluster/core";
import type { ServiceHttpSettings } from "./http-options.ts";
import { type Instance, instanceKey } from "./instance.ts";
import type { Picker } from "./picker.ts";
import type { ServiceHost } from "./service-host.ts";

/**
 * A connection to an instance of a service: the next distinct one when connecting fails. The instance counts as busy
 * until the connection closes.
 *
 * @throws DiscoveryError as `pick`; the last instance's own error
 */
export async function connectToService(
  options: { picker: Picker; settings: ServiceHttpSettings; clock: Clock; host: ServiceHost },
  connect: (instance: Instance) => Duplex,
): Promise<Duplex> {
  const { picker, settings, clock, host } = options;
  const tried = new Set<string>();
  let failure: unknown;
  while (tried.size < settings.attempts) {
    let pick: Awaited<ReturnType<Picker["pick"]>>;
    try {
      pick = await picker.pick(host.service, { tag: host.tag, policy: settings.policy, avoid: tried });
    } catch (error) {
      throw failure ?? error;
    }
    const { instance, release } = pick;
    tried.add(instanceKey(instance));
    const socket = connect(instance);
    try {
      const phase = `connecting to ${host.service} at ${instance.address}:${instance.port}`;
      await withDeadline({ clock, ms: settings.connectTimeoutMs, phase }, (signal) => connected(socket, signal));
      socket.once("close", () => release());
      return socket;
    } catch (error) {
      socket.destroy();
      release({ failed: true });
      failure = error;
    }
  }
  throw failure;
}

async function connected(socket: Duplex, signal: AbortSignal): Promise<void> {
  const event = socket instanceof TLSSocket ? "secureConnect" : "connect";
  await abortable(
    new Promise<void>((resolve, reject) => {
      // Stays: an error that comes after we gave up must not end the process.
      socket.on("error", reject);
      socket.once(event, resolve);
    }),
    signal,
  );
}
