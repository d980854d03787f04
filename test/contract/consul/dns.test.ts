import { connect } from "node:net";
import { sleep, systemClock } from "@minicluster/core";
import type { Consul } from "@minicluster/servers";
import { decode, encode } from "dns-packet";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { type DnsOptions, question, type RecordType, send, told } from "./dns-ask.ts";

async function lookup(consul: Consul, name: string, type: RecordType, options: DnsOptions = {}) {
  return told(await send(consul, question(name, type, options), options));
}

/** Only how many there are: which, is random. */
async function counts(consul: Consul, name: string, type: RecordType, options: DnsOptions = {}) {
  const message = await send(consul, question(name, type, options), options);
  if (!message) return "no answer";
  const { answers, additionals } = decode(message);
  const targets = (answers ?? []).map((record) => (record.type === "SRV" ? record.data.target : ""));
  const named = new Set((additionals ?? []).filter(({ type: kind }) => kind === "A").map((record) => record.name));
  return {
    length: message.length,
    truncated: (message.readUInt16BE(2) & 0x0200) !== 0,
    answers: answers?.length,
    additionals: additionals?.length,
    complete: type === "SRV" && targets.every((target) => named.has(target)),
  };
}

interface Registered {
  node: string;
  address: string;
  meta?: Record<string, string>;
  id?: string;
  service?: string;
  at?: string;
  port?: number;
  tags?: string[];
  weights?: { Passing: number; Warning: number };
  status?: "passing" | "warning" | "critical";
  nodeStatus?: "passing" | "critical";
}

const catalog: readonly Registered[] = [
  { node: "m1", address: "10.0.0.1", service: "web", port: 80, tags: ["blue", "Green"], status: "passing" },
  { node: "m2", address: "10.0.0.2", service: "web", port: 81, at: "10.1.0.2", tags: ["blue"], status: "warning" },
  { node: "m3", address: "10.0.0.3", service: "web", port: 82, tags: ["blue"], status: "critical" },
  { node: "sick", address: "10.0.0.4", service: "sick", port: 82, nodeStatus: "critical" },
  { node: "v6", address: "fd00::1", service: "six", port: 83 },
  { node: "m1", address: "10.0.0.1", service: "six-at", port: 83, at: "2001:db8::ff00:42" },
  { node: "outside", address: "host.example.com", service: "named", port: 84 },
  {
    node: "meta",
    address: "10.0.0.9",
    meta: { k: "v", "rfc1035-x": "plain" },
    service: "meta-at",
    at: "10.1.0.9",
    port: 1,
  },
  { node: "meta", address: "10.0.0.9", meta: { k: "v", "rfc1035-x": "plain" }, service: "meta", port: 85 },
  { node: "m1", address: "10.0.0.1", service: "alias", port: 86, at: "other.example.com" },
  { node: "m2", address: "10.0.0.2", service: "alias", port: 87, at: "third.example.com" },
  { node: "m1", address: "10.0.0.1", service: "own-alias", port: 86, at: "m2.node.consul" },
  { node: "m1", address: "10.0.0.1", service: "mixed", port: 86, at: "other.example.com" },
  { node: "m2", address: "10.0.0.2", service: "mixed", port: 86 },
  { node: "m1", address: "10.0.0.1", service: "twice", id: "t1", port: 1 },
  { node: "m1", address: "10.0.0.1", service: "twice", id: "t2", port: 2 },
  { node: "m1", address: "10.0.0.1", service: "twice", id: "t3", port: 2 },
  { node: "m2", address: "10.0.0.2", service: "twice", id: "t4", port: 2, at: "10.0.0.1" },
  { node: "m1", address: "10.0.0.1", service: "heavy", port: 9, weights: { Passing: 10, Warning: 3 } },
  {
    node: "m2",
    address: "10.0.0.2",
    service: "heavy",
    port: 9,
    weights: { Passing: 10, Warning: 3 },
    status: "warning",
  },
  { node: "under_score", address: "10.0.0.5", service: "Under_Score", port: 9, tags: ["T_ag"] },
  { node: "no.dots", address: "10.0.0.6", service: "dot.ted", port: 9, tags: ["a.b"] },
  { node: "n".repeat(64), address: "10.0.0.7", service: "overlong", port: 9 },
  { node: "m1", address: "10.0.0.1", service: "dotless", port: 9, tags: ["a.b"] },
];

async function register(consul: Consul, registered: Registered): Promise<void> {
  const { node, address, meta, service, id, at, port, tags, weights, status, nodeStatus } = registered;
  const ID = id ?? service ?? "";
  const body = {
    Node: node,
    Address: address,
    NodeMeta: meta,
    Service: { ID, Service: service, Address: at, Port: port, Tags: tags, Weights: weights },
    Checks: [
      ...(status ? [{ CheckID: `of-${ID}`, Name: "c", Status: status, ServiceID: ID }] : []),
      ...(nodeStatus ? [{ CheckID: "node", Name: "c", Status: nodeStatus }] : []),
    ],
  };
  expect(await ask(consul, "PUT /v1/catalog/register", { body })).toMatchObject({ status: 200 });
}

const filled = new WeakSet<Consul>();

/** Once for each backend. */
async function fill({ agent }: ConsulBackend): Promise<void> {
  if (filled.has(agent)) return;
  filled.add(agent);
  for (const registered of catalog) await register(agent, registered);
  for (let at = 1; at <= 150; at += 1) {
    await register(agent, { node: `big${at}`, address: `10.9.0.${at}`, service: "many", port: 1_000 + at });
    if (at <= 12) {
      const long = { node: `twelve${at}`, address: `10.7.0.${at}`, service: "twelve", port: 1, at: `10.6.0.${at}` };
      await register(agent, long);
    }
    if (at <= 4) await register(agent, { node: `four${at}`, address: `10.8.0.${at}`, service: "four", port: 1 });
    const name = `a-node-with-a-name-of-quite-some-length-as-clouds-give-it-${at}`;
    if (at <= 5) await register(agent, { node: name, address: `10.5.0.${at}`, service: "lengthy", port: 1 });
  }
}

function lookups(title: string, names: readonly string[], types: readonly RecordType[], options: DnsOptions = {}) {
  const behaviour: Behaviour<ConsulBackend> = {
    name: title,
    run: async (backend) => {
      await fill(backend);
      const replies: unknown[] = [];
      for (const name of names) {
        for (const type of types) replies.push([name, type, await lookup(backend.agent, name, type, options)]);
      }
      return replies;
    },
  };
  return behaviour;
}

/** Messages as they come; without the order of records. */
function messages(title: string, list: Readonly<Record<string, Buffer>>, tcp = false): Behaviour<ConsulBackend> {
  return {
    name: title,
    run: async (backend) => {
      await fill(backend);
      const sent = Object.entries(list).map(async ([name, message]) => {
        const answer = await send(backend.agent, message, { tcp, ms: 1_000 });
        return [name, answer && [answer.length, answer.subarray(0, 12).toString("hex")]];
      });
      return await Promise.all(sent);
    },
  };
}

const plain = question("m1.node.consul", "A");
const changed = (at: number, byte: number): Buffer => {
  const copy = Buffer.from(plain);
  copy[at] = byte;
  return copy;
};
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const headed = (text: string): Buffer => Buffer.concat([plain.subarray(0, 12), hex(text)]);

const everyType: readonly RecordType[] = ["A", "AAAA", "SRV", "ANY", "TXT", "MX", "CNAME", "PTR", "HINFO", "AXFR"];
const usual: readonly RecordType[] = ["A", "AAAA", "SRV", "ANY"];

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  lookups("a service is asked for with every type", ["web.service.consul"], everyType),
  lookups("a node is asked for with every type", ["m1.node.consul"], everyType),
  lookups("what is not there is asked for with every type", ["nope.service.consul", "nope.node.consul"], everyType),
  lookups(
    "names and tags are found whatever their case, and repeated as they were",
    [
      "WEB.Service.Consul",
      "GREEN.web.service.consul",
      "M1.NODE.consul",
      "t_ag.under_score.service.consul",
      "under_score.node.consul",
    ],
    usual,
  ),
  lookups(
    "a tag or a datacenter may be named",
    [
      "blue.web.service.consul",
      "red.web.service.consul",
      "web.service.dc1.consul",
      "blue.web.service.dc1.consul",
      "web.service.dc2.consul",
      "web.service.dc1.more.consul",
      "m1.node.dc1.consul",
      "m1.node.dc2.consul",
      "a.b.dotless.service.consul",
      "a.b.web.service.consul",
    ],
    ["A", "SRV"],
  ),
  lookups(
    "services are asked for in the manner of RFC 2782",
    [
      "_web._tcp.service.consul",
      "_web._blue.service.consul",
      "_web._udp.service.consul",
      "_web._tcp.service.dc1.consul",
      "_web._tcp.consul",
      "_web._tcp.dc1.consul",
      "_a._b._c.service.consul",
    ],
    ["SRV", "A"],
  ),
  lookups(
    "an address of IPv6 is told as AAAA",
    ["six.service.consul", "six-at.service.consul", "v6.node.consul"],
    usual,
  ),
  lookups(
    "a service or node with a name for an address is an alias",
    ["named.service.consul", "outside.node.consul", "own-alias.service.consul", "mixed.service.consul"],
    [...usual, "MX", "CNAME"],
  ),
  {
    name: "what has a label too long for DNS is told without it, or not at all",
    run: async (backend) => {
      await fill(backend);
      const ask = async (type: RecordType) =>
        told(await send(backend.agent, question("overlong.service.consul", type), { ms: 1_000 }));
      return [await ask("A"), await ask("SRV")];
    },
  },
  {
    name: "of several aliases that can't be resolved one is told",
    run: async (backend) => {
      await fill(backend);
      return [
        await counts(backend.agent, "alias.service.consul", "A"),
        await counts(backend.agent, "alias.service.consul", "SRV"),
      ];
    },
  },
  lookups(
    "the meta data of a node is told as TXT",
    ["meta.node.consul", "meta.service.consul", "meta-at.service.consul"],
    [...usual, "TXT"],
  ),
  lookups("the same address is told once, the same address and port too", ["twice.service.consul"], usual),
  lookups("an instance has the weight of its status", ["heavy.service.consul"], ["SRV"]),
  lookups(
    "a critical node's instances are left out, the node is not",
    ["sick.service.consul", "sick.node.consul"],
    ["A"],
  ),
  lookups(
    "a name with dots is a node's, not a service's",
    ["dot.ted.service.consul", "no.dots.node.consul"],
    ["A", "SRV"],
  ),
  lookups(
    "an address in hex is an address",
    [
      "7f000001.addr.dc1.consul",
      "7f000001.addr.consul",
      "7f000001.addr.dc2.consul",
      "7F000001.ADDR.dc1.consul",
      "7f00000.addr.dc1.consul",
      "7f00000z.addr.dc1.consul",
      "7f000001.more.addr.dc1.consul",
      "fd000000000000000000000000000001.addr.dc1.consul",
    ],
    usual,
  ),
  lookups(
    "an address is asked for backwards",
    [
      "1.0.0.10.in-addr.arpa",
      "2.0.1.10.in-addr.arpa",
      "9.9.9.9.in-addr.arpa",
      "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
      "2.4.0.0.0.0.F.F.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
      "x.in-addr.arpa",
    ],
    ["PTR", "A"],
  ),
  {
    name: "the domain has an SOA and a server",
    run: async (backend) => {
      await fill(backend);
      const replies: unknown[] = [];
      for (const name of ["consul", "web.service.consul", "nope.consul"]) {
        for (const type of ["SOA", "NS", "A", "ANY"] as const) {
          replies.push([name, type, await lookup(backend.agent, name, type)]);
        }
      }
      return replies;
    },
  },
  lookups(
    "what is no kind of name is not there",
    [
      "foo.consul",
      "service.consul",
      "node.consul",
      "addr.consul",
      "x.query.consul",
      "web.connect.consul",
      "web.ingress.consul",
      "ns.consul",
    ],
    ["A", "SRV"],
  ),
  lookups(
    "what is not below the domain is refused",
    ["example.com", "consul.example.com", "notconsul", "."],
    ["A", "SRV"],
  ),
  lookups("without a wish for recursion", ["web.service.consul", "example.com"], ["A"], { recursion: false }),
  lookups(
    "EDNS0 is answered with the same size",
    ["web.service.consul", "nope.service.consul", "example.com"],
    ["A", "SRV"],
    {
      edns: 4_096,
    },
  ),
  lookups("over TCP", ["web.service.consul", "nope.service.consul", "example.com"], ["A", "SRV"], { tcp: true }),
  lookups("over TCP with EDNS0", ["web.service.consul"], ["A", "SRV"], { tcp: true, edns: 1_232 }),
  ...[undefined, 100, 512, 513, 600, 1_232, 4_096, 65_535].map(
    (edns): Behaviour<ConsulBackend> => ({
      name: edns === undefined ? "UDP without EDNS0 takes three answers" : `UDP takes what fits into ${edns} bytes`,
      run: async (backend) => {
        await fill(backend);
        const options = edns === undefined ? {} : { edns };
        const replies: unknown[] = [];
        for (const name of ["twelve", "four", "lengthy"]) {
          for (const type of ["A", "SRV", "ANY"] as const) {
            replies.push([name, type, await counts(backend.agent, `${name}.service.consul`, type, options)]);
          }
        }
        replies.push(await counts(backend.agent, "many.service.consul", "A", options));
        return replies;
      },
    }),
  ),
  {
    name: "TCP takes them all",
    run: async (backend) => {
      await fill(backend);
      return [
        await counts(backend.agent, "many.service.consul", "A", { tcp: true }),
        await counts(backend.agent, "many.service.consul", "SRV", { tcp: true }),
        await counts(backend.agent, "lengthy.service.consul", "SRV", { tcp: true }),
      ];
    },
  },
  {
    name: "the order is random",
    run: async (backend) => {
      await fill(backend);
      const first = new Set<string>();
      for (let times = 0; times < 60; times += 1) {
        const answer = await send(backend.agent, question("four.service.consul", "A"));
        const [record] = decode(answer as Buffer).answers ?? [];
        if (record?.type === "A") first.add(record.data);
      }
      return [...first].sort();
    },
  },
  messages("what is no question gets no answer, what is malformed a format error", {
    nothing: Buffer.alloc(0),
    "two bytes": hex("0007"),
    "a header": hex("0007 0100 0000 0000 0000 0000"),
    "a header that promises a question": hex("0007 0100 0001 0000 0000 0000"),
    "a name that ends early": plain.subarray(0, 20),
    "a question without its class": plain.subarray(0, plain.length - 2),
    "more than the question": Buffer.concat([plain, hex("ffff")]),
    "two questions": encode({
      type: "query",
      id: 1,
      questions: [
        { name: "m1.node.consul", type: "A" },
        { name: "m2.node.consul", type: "A" },
      ],
    }),
    "an answer": changed(2, 0x81),
    garbage: Buffer.alloc(20, 0xff),
    "a name that points to itself": headed("c00c 0001 0001"),
    "a promised answer": changed(7, 1),
    "two promised answers": changed(7, 2),
    "two promised authorities": changed(9, 2),
    "three promised additionals": changed(11, 3),
    "no promised question": changed(5, 0),
    "a label that is too long": Buffer.concat([
      plain.subarray(0, 12),
      hex("7f"),
      Buffer.alloc(127, 97),
      hex("00 0001 0001"),
    ]),
    "the operation status": changed(2, 0x11),
    "the operation notify": changed(2, 0x21),
    "the operation update": changed(2, 0x29),
    "another class": changed(plain.length - 1, 3),
    "an unknown type": changed(plain.length - 4, 0xff),
    "a wish not to check": changed(3, 0x10),
  }),
  messages(
    "over TCP what is malformed gets a format error, too",
    {
      "a header that promises a question": hex("0007 0100 0001 0000 0000 0000"),
      "a name that ends early": plain.subarray(0, 20),
      "an answer": changed(2, 0x81),
      garbage: Buffer.alloc(20, 0xff),
    },
    true,
  ),
  {
    name: "several questions come over one connection, in whatever pieces",
    run: async (backend) => {
      await fill(backend);
      const [host = "", port = ""] = backend.agent.dnsAddress.split(":");
      const socket = connect(Number(port), host);
      const two = ["m1.node.consul", "m2.node.consul"].flatMap((name) => {
        const message = question(name, "A");
        return [Buffer.of(0, message.length), message];
      });
      const bytes = Buffer.concat(two);
      let received = Buffer.alloc(0);
      const done = new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        socket.on("data", (chunk: Buffer) => {
          received = Buffer.concat([received, chunk]);
          if (received.length >= 2 * 50) resolve();
        });
      });
      for (const byte of bytes.subarray(0, 40)) {
        socket.write(Buffer.of(byte));
        await sleep(systemClock, 1);
      }
      socket.write(bytes.subarray(40));
      await done;
      socket.destroy();
      const first = received.readUInt16BE(0) + 2;
      return [told(received.subarray(2, first)), told(received.subarray(first + 2))];
    },
  },
  {
    name: "every agent answers, and knows what was registered with another",
    run: async ({ server, agent }) => {
      await ask(agent, "PUT /v1/agent/service/register", { body: { Name: "local", Port: 5, Address: "10.1.1.1" } });
      const seen = () => lookup(server, "local.service.consul", "SRV");
      await until(seen, (answer) => answer !== "no answer" && answer.answers.length > 0);
      const replies = [
        await seen(),
        await lookup(agent, "agent.node.consul", "ANY"),
        await lookup(agent, "server.node.consul", "A"),
      ];
      await ask(agent, "PUT /v1/agent/service/deregister/local");
      await until(seen, (answer) => answer !== "no answer" && answer.answers.length === 0);
      return mask([...replies, await seen()]);
    },
  },
  {
    name: "a paused agent does not answer, one that was killed is not there, and comes back on the same port",
    run: async ({ join, server }) => {
      const agent = await join("dns");
      const ms = 400;
      const plainAnswer = async (tcp: boolean) =>
        told(await send(agent, question("dns.node.consul", "A"), { ms, tcp }));
      const both = async () => [await plainAnswer(false), await plainAnswer(true)];
      const address = agent.dnsAddress;
      // Its meta data comes with its first sync.
      await until(
        () => lookup(agent, "dns.node.consul", "A"),
        (answer) => answer !== "no answer" && answer.additionals.length > 0,
      );
      const replies: unknown[] = [await both()];
      await agent.pause();
      replies.push(await both());
      await agent.resume();
      replies.push(await both());
      await agent.kill();
      replies.push(await both());
      await agent.restart();
      await until(
        () => plainAnswer(false),
        (answer) => answer !== "no answer" && answer.answers.length > 0,
      );
      replies.push(await both());
      expect(agent.dnsAddress).toBe(address);
      await agent.kill();
      expect(await lookup(server, "server.node.consul", "A")).not.toBe("no answer");
      return replies;
    },
  },
  {
    name: "an agent without a server fails, but refuses as ever",
    run: async ({ server, agent }) => {
      await server.kill();
      const ms = 20_000;
      const names = [
        "web.service.consul",
        "m1.node.consul",
        "1.0.0.10.in-addr.arpa",
        "7f000001.addr.dc1.consul",
        "consul",
        "example.com",
      ];
      const replies = await Promise.all(
        names.map(async (name) => [name, told(await send(agent, question(name, "A"), { ms }))]),
      );
      for (const type of ["SOA", "NS"] as const) {
        replies.push([type, told(await send(agent, question("consul", type), { ms }))]);
      }
      await server.restart();
      return replies;
    },
  },
];

async function until<T>(what: () => Promise<T>, done: (value: T) => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !done(await what()) && performance.now() < end; ) {
    await sleep(systemClock, 50);
  }
}

contract({ title: "Consul: DNS", backends, behaviours });
