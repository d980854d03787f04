import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server, type Socket as TcpSocket } from "node:net";
import { type Answer, decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { srvTargets, timeToLiveMs } from "../src/dns-answer.ts";
import { decodeAnswer, encodeQuestion } from "../src/dns-message.ts";
import { Discovery, dns } from "../src/index.ts";

const question = { id: 7, name: "web.service.consul", type: "SRV" } as const;

/** A DNS server on loopback, over UDP and TCP at one port, that answers as told. */
let udp: Socket;
let tcp: Server;
let port: number;
let asked: string[];
/** What is sent back over UDP, and over TCP; nothing where undefined. */
let overUdp: (query: Packet) => Buffer | Buffer[] | undefined;
let overTcp: (query: Packet, socket: TcpSocket) => Buffer | undefined;
const open: Discovery[] = [];

beforeEach(async () => {
  asked = [];
  overUdp = (query) => encode(reply(query));
  overTcp = (query) => streamEncode(reply(query));
  for (;;) {
    udp = createSocket("udp4");
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    port = udp.address().port;
    tcp = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const query = streamDecode(data);
        asked.push(`tcp ${query.questions?.[0]?.type} ${query.questions?.[0]?.name}`);
        const answer = overTcp(query, socket);
        if (answer) socket.end(answer);
      });
    });
    const bound = await new Promise((resolve) => {
      tcp.once("error", () => resolve(false));
      tcp.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (bound) break;
    udp.close();
  }
  udp.on("message", (data, from) => {
    const query = decode(data);
    asked.push(`udp ${query.questions?.[0]?.type} ${query.questions?.[0]?.name}`);
    for (const packet of [overUdp(query) ?? []].flat()) udp.send(packet, from.port, from.address);
  });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((discovery) => discovery.close()));
  udp.close();
  await new Promise((resolve) => tcp.close(resolve));
});

function srv(at: number, extra: object = {}): Answer {
  const data = { port: 8_000 + at, target: `n${at}.node.dc1.consul`, priority: 1, weight: 1, ...extra };
  return { type: "SRV", name: question.name, ttl: 0, data };
}

function address(at: number): Answer {
  return { type: "A", name: `n${at}.node.dc1.consul`, ttl: 0, data: `10.0.0.${at}` };
}

/** An answer to `query` with one instance, or as told. */
function reply(query: Packet, packet: Packet = { answers: [srv(1)], additionals: [address(1)] }): Packet {
  return { type: "response", id: query.id ?? 0, flags: 0, questions: query.questions ?? [], ...packet };
}

function discovery(options: Parameters<typeof dns>[0] = {}): Discovery {
  const made = new Discovery({ source: dns({ address: `127.0.0.1:${port}`, interval: "50ms", ...options }) });
  open.push(made);
  return made;
}

describe("a look-up in DNS", () => {
  it("takes address and port from one SRV answer", async () => {
    expect(await discovery().resolve("web")).toMatchObject([
      { id: "10.0.0.1:8001", node: "n1", address: "10.0.0.1", port: 8_001 },
    ]);
    expect(asked).toEqual(["udp SRV web.service.consul"]);
  });

  it("asks with EDNS0, so that answers over UDP may be 4,096 bytes long", () => {
    expect(decode(encodeQuestion(question)).additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 4_096 }]);
  });

  it.each([
    ["says that it was trimmed", { flags: 0x200, answers: [srv(1)], additionals: [address(1)] }],
    [
      "has three records, as many as Consul may leave",
      { answers: [srv(1), srv(2), srv(3)], additionals: [address(1)] },
    ],
  ])("asks again over TCP when the answer %s", async (_, trimmed) => {
    const whole = [1, 2, 3, 4, 5];
    overUdp = (query) => encode(reply(query, trimmed));
    overTcp = (query) =>
      streamEncode(reply(query, { answers: whole.map((at) => srv(at)), additionals: whole.map(address) }));
    expect(await discovery().resolve("web")).toHaveLength(5);
  });

  it("asks over TCP when UDP loses it", async () => {
    overUdp = () => undefined;
    expect(await discovery().resolve("web")).toHaveLength(1);
    expect(asked.at(-1)).toBe("tcp SRV web.service.consul");
  });

  it("makes do with what UDP gave where no TCP can be had, unless it says that it was trimmed", async () => {
    overUdp = (query) =>
      encode(reply(query, { answers: [1, 2, 3].map((at) => srv(at)), additionals: [1, 2, 3].map(address) }));
    overTcp = (_, socket) => void socket.destroy();
    expect(await discovery().resolve("web")).toHaveLength(3);
  });

  it("follows a target that came without its address, to AAAA where there is no A", async () => {
    overUdp = (query) => {
      const type = query.questions?.[0]?.type;
      const aaaa: Answer = { type: "AAAA", name: "n1.node.dc1.consul", ttl: 0, data: "fd00::1" };
      return encode(reply(query, { answers: type === "SRV" ? [srv(1)] : type === "AAAA" ? [aaaa] : [] }));
    };
    expect(await discovery().resolve("web")).toMatchObject([{ address: "fd00::1", port: 8_001 }]);
  });

  it("asks for a tag by name", async () => {
    expect(await discovery().resolve("web", { tag: "blue" })).toMatchObject([{ tags: ["blue"] }]);
    expect(asked).toEqual(["udp SRV blue.web.service.consul"]);
  });

  it("ignores garbage, other ids, other questions and queries, and takes the answer among them", async () => {
    overUdp = (query) => {
      const good = reply(query);
      const other = { type: "SRV", name: "other.service.consul", class: "IN" } as const;
      return [
        Buffer.from("garbage"),
        Buffer.alloc(0),
        encode({ ...good, id: ((query.id ?? 0) + 1) % 65_536, answers: [srv(66)] }),
        encode({ ...good, questions: [other], answers: [srv(66)] }),
        encode({ ...good, questions: [], answers: [srv(66)] }),
        encode({ ...good, type: "query", answers: [srv(66)] }),
        encode(good).subarray(0, 40),
        encode(good),
      ];
    };
    expect(await discovery().resolve("web")).toMatchObject([{ port: 8_001 }]);
  });

  it("ignores an answer from another address", async () => {
    const forger = createSocket("udp4");
    await new Promise<void>((resolve) => forger.bind(0, "127.0.0.1", resolve));
    udp.removeAllListeners("message");
    udp.on("message", (data, from) => {
      const query = decode(data);
      forger.send(
        encode(reply(query, { answers: [srv(66)], additionals: [address(66)] })),
        from.port,
        from.address,
        () => udp.send(encode(reply(query)), from.port, from.address),
      );
    });
    expect(await discovery().resolve("web")).toMatchObject([{ port: 8_001 }]);
    forger.close();
  });

  it("uses another id for each question", async () => {
    const ids = new Set<number | undefined>();
    overUdp = (query) => {
      ids.add(query.id);
      return encode(reply(query));
    };
    const many = discovery();
    await Promise.all(Array.from({ length: 30 }, (_, at) => many.resolve(`web${at}`).catch(() => {})));
    expect(ids.size).toBeGreaterThan(27);
  });

  it("keeps the last good list while the server is away, and is fresh again after", async () => {
    const made = discovery({ timeout: "100ms" });
    await made.resolve("web");
    const stale = made.events.once("stale");
    overUdp = (query) => encode(reply(query, { flags: 2 }));
    expect((await stale).error).toMatchObject({
      code: "DNS_UNREACHABLE",
      message: expect.stringContaining("answered with code 2"),
    });
    expect(await made.resolve("web")).toHaveLength(1);
    const fresh = made.events.once("fresh");
    overUdp = (query) => encode(reply(query));
    await fresh;
  });

  it("fails within its timeout when nobody answers, naming service and server", async () => {
    overUdp = () => undefined;
    overTcp = () => undefined;
    await expect(discovery({ timeout: "100ms" }).resolve("web", { timeout: "300ms" })).rejects.toMatchObject({
      code: "DNS_UNREACHABLE",
      message: expect.stringContaining(`looking up web: no answer from DNS at 127.0.0.1:${port} in time`),
    });
  });

  it.each([
    ["closes at once", (_: Packet, socket: TcpSocket) => void socket.destroy()],
    ["answers in part", (query: Packet) => streamEncode(reply(query)).subarray(0, 20)],
    ["answers garbage", () => Buffer.from([0, 3, 1, 2, 3])],
  ])("fails, and goes on, when the server %s over TCP", async (_, answer) => {
    overUdp = (query) => encode(reply(query, { flags: 0x200 }));
    const whole = overTcp;
    overTcp = answer as typeof overTcp;
    const made = discovery();
    const watch = made.watch("web");
    await made.events.once("stale");
    overTcp = whole;
    expect(await watch.available()).toHaveLength(1);
  });

  it("caches by TTL: a node is asked for once in its minute", async () => {
    overUdp = (query) => {
      const answers: Answer[] = [{ type: "A", name: "n1.node.consul", ttl: 60, data: "10.0.0.1" }];
      return encode(reply(query, { answers }));
    };
    const made = discovery();
    for (let at = 0; at < 5; at += 1) expect(await made.node("n1")).toBe("10.0.0.1");
    expect(asked).toEqual(["udp A n1.node.consul"]);
  });
});

describe("an answer", () => {
  it("is kept for its shortest TTL, a negative one as its SOA says", () => {
    const decoded = (packet: Packet): ReturnType<typeof decode> => decode(encode(reply({ id: 1 }, packet)));
    expect(timeToLiveMs(decoded({ answers: [{ ...srv(1), ttl: 9 } as Answer, { ...srv(2), ttl: 4 } as Answer] }))).toBe(
      4_000,
    );
    const soa: Answer = { type: "SOA", name: "consul", ttl: 30, data: { mname: "a", rname: "b", minimum: 3 } };
    expect(timeToLiveMs(decoded({ authorities: [soa] }))).toBe(3_000);
    expect(timeToLiveMs(decoded({}))).toBeUndefined();
  });

  it("gives its targets once each, best priority first", () => {
    const answers = [srv(1, { priority: 5 }), srv(2), srv(2)];
    expect(srvTargets(decode(encode(reply({ id: 1 }, { answers })))).map(({ port: one }) => one)).toEqual([
      8_002, 8_001,
    ]);
  });
});

describe("no packet", () => {
  const good = encode(
    reply({ id: 7, questions: [{ type: "SRV", name: question.name }] }, { answers: [srv(1), srv(2)] }),
  );

  it("of random bytes crashes or hangs the parser", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        decodeAnswer(Buffer.from(bytes), question);
      }),
      { numRuns: 2_000 },
    );
  });

  it("that is nearly right does, nor what follows on it", () => {
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
    fc.assert(
      fc.property(flips, fc.nat(good.length), (changes, length) => {
        const packet = Buffer.from(good);
        for (const [at, byte] of changes) packet[at] = byte;
        const answer = decodeAnswer(packet.subarray(0, length || good.length), question);
        if (!answer) return;
        for (const target of srvTargets(answer)) expect(target.port).toBeLessThan(65_536);
        timeToLiveMs(answer);
      }),
      { numRuns: 2_000 },
    );
  });

  it("with a pointer to itself does", () => {
    const looping = Buffer.from(good);
    looping.writeUInt16BE(0xc00c, 12);
    expect(decodeAnswer(looping, question)).toBeUndefined();
  });
});
