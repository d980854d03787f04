import { createHash } from "node:crypto";

/**
 * The server's side of MySQL's protocol, as far as a pool needs it (MariaDB's manual, "Client/Server Protocol"): one
 * message a packet, no TLS, no compression, `mysql_native_password`.
 */

/** Twenty bytes that a password is hashed with. They are the same for each connection: nobody listens here. */
export const scramble: Buffer = Buffer.from("0123456789abcdefghij", "latin1");

/** LONG_PASSWORD, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH. */
const capabilities = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000;
const autocommit = 2;
const utf8 = 45;
const plugin = "mysql_native_password";
const [longText, varString] = [251, 253];

/** Commands, by their first byte. */
export const commands: Readonly<Record<number, "quit" | "query" | "ping" | "prepare" | "execute" | "close" | "reset">> =
  { 1: "quit", 3: "query", 14: "ping", 22: "prepare", 23: "execute", 25: "close", 31: "reset" };

/** A packet: length, number, payload. */
export function packet(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence & 0xff;
  return Buffer.concat([head, payload]);
}

export function greeting(threadId: number): Buffer {
  const text = (value: string): Buffer => Buffer.from(`${value}\0`, "latin1");
  const fixed = Buffer.alloc(5);
  fixed.writeUInt32LE(threadId, 0);
  const after = Buffer.alloc(18);
  after.writeUInt16LE(capabilities & 0xffff, 0);
  after[2] = utf8;
  after.writeUInt16LE(autocommit, 3);
  after.writeUInt16LE(capabilities >>> 16, 5);
  after[7] = scramble.length + 1;
  return Buffer.concat([
    Buffer.from([10]),
    text("10.11.0-simulated"),
    fixed.subarray(0, 4),
    scramble.subarray(0, 8),
    Buffer.from([0]),
    after,
    scramble.subarray(8),
    Buffer.from([0]),
    text(plugin),
  ]);
}

export interface Login {
  user: string;
  token: Buffer;
  database: string;
}

/** The client's answer to the greeting. */
export function readLogin(payload: Buffer): Login {
  const flags = payload.readUInt32LE(0);
  let at = 32;
  const text = (): string => {
    const end = payload.indexOf(0, at);
    const value = payload.toString("utf8", at, end);
    at = end + 1;
    return value;
  };
  const user = text();
  const length = payload[at] ?? 0;
  const token = payload.subarray(at + 1, at + 1 + length);
  at += 1 + length;
  return { user, token, database: flags & 0x8 ? text() : "" };
}

/** Whether the client knew the password. */
export function proves(token: Buffer, password: string): boolean {
  const sha1 = (...parts: Buffer[]): Buffer => createHash("sha1").update(Buffer.concat(parts)).digest();
  const once = sha1(Buffer.from(password));
  const mask = sha1(scramble, sha1(once));
  return token.length === 20 && once.every((byte, at) => (byte ^ (mask[at] ?? 0)) === token[at]);
}

export function ok(affectedRows = 0): Buffer {
  return Buffer.from([0, affectedRows, 0, autocommit, 0, 0, 0]);
}

export interface SqlError {
  errno: number;
  state: string;
  message: string;
}

/** @param greeted before the greeting an error has no SQL state */
export function failed({ errno, state, message }: SqlError, greeted = true): Buffer {
  const head = Buffer.from([0xff, errno & 0xff, errno >> 8]);
  return Buffer.concat([head, Buffer.from(greeted ? `#${state}${message}` : message)]);
}

const eof = Buffer.from([0xfe, 0, 0, autocommit, 0]);

function lengthText(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  return Buffer.concat([Buffer.from([0xfc, bytes.length & 0xff, bytes.length >> 8]), bytes]);
}

function column(name: string): Buffer {
  const parts = ["def", "", "", "", name, ""].map(lengthText);
  const fixed = Buffer.alloc(13);
  fixed[0] = 12;
  fixed.writeUInt16LE(utf8, 1);
  fixed.writeUInt32LE(longText, 3);
  fixed[7] = varString;
  return Buffer.concat([...parts, fixed]);
}

/** The packets of a result with one row of text. @param binary as prepared statements answer */
export function resultOf(row: Readonly<Record<string, string>>, binary: boolean): Buffer[] {
  const names = Object.keys(row);
  const values = Buffer.concat(Object.values(row).map(lengthText));
  const nulls = Buffer.alloc(Math.floor((names.length + 9) / 8));
  const line = binary ? Buffer.concat([Buffer.from([0]), nulls, values]) : values;
  return [Buffer.from([names.length]), ...names.map(column), eof, line, eof];
}

/** What a statement that was prepared is known by. */
export function prepared(id: number, parameters: number): Buffer[] {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(id, 1);
  head.writeUInt16LE(parameters, 7);
  return [head, ...(parameters > 0 ? [...Array.from({ length: parameters }, () => column("?")), eof] : [])];
}

/** Cuts a stream of bytes into packets. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  *take(chunk: Buffer): Generator<{ sequence: number; payload: Buffer }> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readUIntLE(0, 3);
      if (this.#rest.length < end) return;
      const [sequence, payload] = [this.#rest[3] ?? 0, this.#rest.subarray(4, end)];
      this.#rest = this.#rest.subarray(end);
      yield { sequence, payload };
    }
  }
}
