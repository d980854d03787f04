import { decode } from "dns-packet";
import fc from "fast-check";
import { expect, it } from "vitest";
import { writeMessage } from "../src/embedded-consul/dns-message.ts";
import { type DnsQuery, readQuery } from "../src/embedded-consul/dns-query.ts";
import type { DnsRecord } from "../src/embedded-consul/dns-record.ts";
import { DnsResponder } from "../src/embedded-consul/dns-responder.ts";
import { DnsWriter } from "../src/embedded-consul/dns-writer.ts";
import { addressHex, ipv6Bytes } from "../src/embedded-consul/ipv6-bytes.ts";
import { State } from "../src/embedded-consul/state.ts";

const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const name = fc.oneof(
  fc.constantFrom("web.service.consul", "service.consul", "consul", "m1.node.dc1.consul"),
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join(".")),
);
const port = fc.nat(65_535);
const record: fc.Arbitrary<DnsRecord> = fc.oneof(
  fc.record({ type: fc.constant("A" as const), name, address: fc.ipV4() }),
  fc.record({ type: fc.constant("AAAA" as const), name, address: fc.constantFrom("fd00::1", "::", "1:2:3:4:5:6:7:8") }),
  fc.record({ type: fc.constantFrom("CNAME" as const, "NS" as const, "PTR" as const), name, target: name }),
  fc.record({ type: fc.constant("TXT" as const), name, text: fc.string({ maxLength: 600 }) }),
  fc.record({ type: fc.constant("SRV" as const), name, weight: port, port, target: name }),
  fc.record({ type: fc.constant("SOA" as const), name, serial: fc.nat() }),
);

const query = (asked: string): DnsQuery => ({
  id: 1,
  flags: 0,
  name: asked,
  type: 1,
  question: Buffer.concat([new DnsWriter(false).name(asked).done(), Buffer.of(0, 1, 0, 1)]),
  udpSize: undefined,
});

it("writes what dns-packet reads, with names that point back and without", () => {
  fc.assert(
    fc.property(name, fc.array(record, { maxLength: 40 }), (asked, answers) => {
      const answer = { code: 0, authoritative: true, recursive: false, answers, authorities: [], additionals: [] };
      const [short, long] = [true, false].map((compress) => writeMessage(query(asked), answer, compress));
      const [read, full] = [decode(short as Buffer), decode(long as Buffer)];
      expect(read).toEqual(full);
      expect(read.questions?.[0]?.name).toBe(asked);
      expect(read.answers?.map(({ type, name: own }) => [type, own])).toEqual(
        answers.map((one) => [one.type, one.name]),
      );
      for (const [at, one] of answers.entries()) {
        const { data } = (read.answers ?? [])[at] as { data: unknown };
        if (one.type === "A") expect(data).toBe(one.address);
        if (one.type === "CNAME" || one.type === "NS" || one.type === "PTR") expect(data).toBe(one.target);
        if (one.type === "SRV") expect(data).toMatchObject({ port: one.port, weight: one.weight, target: one.target });
        if (one.type === "TXT") expect(Buffer.concat(data as Buffer[]).toString()).toBe(one.text);
      }
      expect((short as Buffer).length).toBeLessThanOrEqual((long as Buffer).length);
    }),
  );
});

it("reads addresses of IPv6 however they are written", () => {
  expect(ipv6Bytes("::1").toString("hex")).toBe("00000000000000000000000000000001");
  expect(ipv6Bytes("::").toString("hex")).toBe("0".repeat(32));
  expect(ipv6Bytes("::ffff:10.0.0.1").toString("hex")).toBe("00000000000000000000ffff0a000001");
  expect(addressHex("2001:db8::ff00:42")).toBe("20010db80000000000000000ff000042");
  expect(addressHex("127.0.0.1")).toBe("7f000001");
});

it("answers whatever comes with the same id, or not at all", async () => {
  const { catalog } = new State();
  const responder = new DnsResponder({ catalog: async () => catalog, now: () => 0 });
  const { signal } = new AbortController();
  const header = fc.tuple(
    fc.uint8Array({ minLength: 2, maxLength: 2 }),
    fc.constantFrom(0, 1, 0x21, 0x29),
    fc.nat(255),
  );
  const shaped = fc
    .tuple(header, fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), fc.uint8Array({ maxLength: 80 }))
    .map(([[id, high, low], counts, body]) =>
      Buffer.concat([id, Buffer.of(high, low), ...counts.map((count) => Buffer.of(0, count)), body]),
    );
  const labels = fc.array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 63 }),
      fc.constantFrom("consul", "service", "node", "addr", "arpa", "in-addr", "a.b").map((text) => Buffer.from(text)),
    ),
    { maxLength: 5 },
  );
  const asked = fc
    .tuple(header, labels, fc.constantFrom("", "consul", "arpa"), fc.constantFrom(1, 2, 6, 33, 255, 252))
    .map(([[id, high, low], before, zone, type]) => {
      const all = zone === "" ? before : [...before, Buffer.from(zone)];
      const written = all.flatMap((bytes) => [Buffer.of(bytes.length), bytes]);
      const counts = Buffer.of(0, 1, 0, 0, 0, 0, 0, 0);
      return Buffer.concat([id, Buffer.of(high, low), counts, ...written, Buffer.of(0, 0, type, 0, 1)]);
    });
  const message = fc.oneof(
    asked,
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    shaped,
  );
  await fc.assert(
    fc.asyncProperty(message, fc.constantFrom("udp" as const, "tcp" as const), async (packet, transport) => {
      const answer = await responder.respond(packet, { transport, signal });
      if (!answer) {
        expect(packet.length < 12 || (packet[2] ?? 0) >= 0x80).toBe(true);
        return;
      }
      expect(answer.subarray(0, 2)).toEqual(packet.subarray(0, 2));
      expect((answer[2] ?? 0) & 0x80).toBe(0x80);
      expect(() => decode(answer)).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
  expect(readQuery(Buffer.alloc(0))).toBeUndefined();
});
