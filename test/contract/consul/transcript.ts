import { sleep, systemClock } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import { expect } from "vitest";
import { mask } from "../mask.ts";
import { ask, type Reply } from "./ask.ts";
import type { ConsulBackend } from "./backends.ts";

/** As {@link mask}, and without what counts up: an index is 0 or `<index>`, a port of an agent `<port>`. */
export function told<T>(transcript: T, own: Readonly<Record<string, string>> = {}): T {
  const text = JSON.stringify(transcript)
    .replace(/"(CreateIndex|ModifyIndex|LockIndex)":[1-9]\d*/g, '"$1":"<index>"')
    .replace(/"(Port|ServicePort)":[1-6]\d{4}\b/g, '"$1":"<port>"')
    .replace(/"(ContentHash|x-consul-contenthash)":"[0-9a-f]+"/g, '"$1":"<hash>"')
    .replace(/"port":"\d+"/g, '"port":"<port>"');
  return mask(JSON.parse(text) as T, own);
}

/** Asks one thing after the other, and tells what came back. */
export async function asked(
  consul: Consul,
  ...steps: readonly (string | readonly [what: string, body: unknown])[]
): Promise<(readonly [string, Reply])[]> {
  const replies: (readonly [string, Reply])[] = [];
  for (const step of steps) {
    const [what, body] = typeof step === "string" ? [step, undefined] : step;
    replies.push([what, await ask(consul, what, body === undefined ? {} : { body })]);
  }
  return told(replies);
}

/** The reply, which on the embedded Consul is 501 with what isn't implemented; the real one, which has it, answers otherwise. */
export function refusedByName({ server }: ConsulBackend, reply: Reply, name: string): Reply {
  if (server.pid !== undefined) return reply;
  const { status, body } = reply;
  expect({ status, body }).toEqual({ status: 501, body: `embedded Consul: ${name} is not implemented` });
  return reply;
}

/** Polls until it is so. @throws Error with what it found last, by default after 20 s */
export async function until<T>(
  look: () => Promise<T>,
  isSo: (found: T) => boolean,
  withinMs: number = 20_000,
): Promise<T> {
  const end = systemClock.monotonic() + withinMs;
  for (;;) {
    const found = await look();
    if (isSo(found)) return found;
    if (systemClock.monotonic() > end) throw new Error(`still: ${JSON.stringify(found)}`);
    await sleep(systemClock, 50);
  }
}
