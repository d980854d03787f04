import type { UserEvent } from "./user-event.ts";

/** The longest that serf carries. */
const longestBytes = 512;
const idBytes = 36;
/** Before the name, within serf. */
const prefix = "consul:event:";

/** What is wrong with its size, in serf's words: an event travels as MessagePack within MessagePack. */
export function sizeFault(event: UserEvent): string | undefined {
  const name = Buffer.byteLength(event.name);
  const fields = 1 + field(2, text(idBytes)) + field(1, text(name)) + field(1, 1);
  const filters = [event.nodeFilter, event.serviceFilter, event.tagFilter].map((filter) => Buffer.byteLength(filter));
  const given = filters.reduce((sum, bytes) => sum + (bytes > 0 ? field(2, text(bytes)) : 0), 0);
  const payload = event.payload.length > 0 ? field(1, text(event.payload.length)) : 0;
  const inner = fields + given + payload;
  const full = prefix.length + name;
  if (full + inner > longestBytes) {
    return `user event exceeds configured limit of ${longestBytes} bytes before encoding`;
  }
  const outer = 2 + field(5, number(event.time)) + field(4, raw(full)) + field(7, raw(inner)) + field(2, 1);
  if (outer <= longestBytes) return undefined;
  return `encoded user event exceeds configured limit of ${longestBytes} bytes after encoding`;
}

function field(key: number, value: number): number {
  return 1 + key + value;
}

/** A text or bytes, with their length in front. */
function text(bytes: number): number {
  if (bytes < 32) return 1 + bytes;
  return (bytes < 256 ? 2 : 3) + bytes;
}

/** The same in serf's older MessagePack. */
function raw(bytes: number): number {
  return (bytes < 32 ? 1 : 3) + bytes;
}

function number(value: number): number {
  if (value < 128) return 1;
  return value < 256 ? 2 : 3;
}
