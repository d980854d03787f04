import { connect } from "node:net";
import fc from "fast-check";

/** A request as nobody should send it. */
export interface WildRequest {
  method: string;
  /** As it stands in the first line. */
  target: string;
  headers: Readonly<Record<string, string>>;
  body: WildBody;
  /** What part of the body is sent before the client hangs up; 1: all of it, and the answer is read. */
  sent: number;
}

/** Bytes as characters, so that a failure can be read. */
export interface WildBody {
  text: string;
  times: number;
}

/** What came back: undefined where the connection was closed without an answer. */
export interface WildAnswer {
  status: number | undefined;
  text: string;
}

const deadlineMs = 10_000;

/** Texts that break parsers, names that objects have by themselves, numbers at the ends of their ranges. */
const nasty = [
  "",
  " ",
  "\u0000",
  "../..",
  "%",
  "*",
  "+",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "-1",
  "1e999",
  "9223372036854775808",
  "NaN",
  "1h",
  "-5s",
  "99999999999h",
  "🦀",
  "a".repeat(5_000),
];

const scalar = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ maxLength: 20 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom(...nasty.slice(0, -1)), scalar, { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** JSON of the names that a place knows, with values that it does not expect. */
function object(names: readonly string[]): fc.Arbitrary<string> {
  const name = fc.constantFrom(...names, "__proto__", "unknown");
  return fc
    .array(fc.tuple(name, value), { maxLength: 5 })
    .map((pairs) => `{${pairs.map(([key, inner]) => `${JSON.stringify(key)}:${JSON.stringify(inner)}`).join(",")}}`);
}

/** Bodies: JSON with odd values, JSON cut short, no JSON at all, nested deeply, long. */
function bodies(names: readonly string[]): fc.Arbitrary<WildBody> {
  const json = object(names).map((text) => Buffer.from(text).toString("latin1"));
  const once = fc.oneof(
    { weight: 5, arbitrary: json },
    json.map((text) => text.slice(0, -1)),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom("", "null", "[]", "[[", '"x"', "5", "{}{}", "\u00ef\u00bb\u00bf{}"),
  );
  return fc.oneof(
    { weight: 12, arbitrary: once.map((text) => ({ text, times: 1 })) },
    fc.constantFrom({ text: "[", times: 20_000 }, { text: "a", times: 1_100_000 }),
  );
}

export interface WildPlace {
  methods: readonly string[];
  /** Encoded where it has to be. */
  path: fc.Arbitrary<string>;
  /** Names of parameters. */
  names: readonly string[];
  query: fc.Arbitrary<string>;
  headers: fc.Arbitrary<Record<string, string>>;
}

/** Requests for one place: most of them with a method that it knows. */
export function wildRequests({ methods, path, names, query, headers }: WildPlace): fc.Arbitrary<WildRequest> {
  const method = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...methods) },
    fc.constantFrom("GET", "PUT", "POST", "DELETE", "LIST", "PATCH", "HEAD", "OPTIONS", "get", "BREW", "G T"),
  );
  const target = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(path, query).map(([way, asked]) => way + asked) },
    fc.tuple(path, fc.constantFrom("%", "%zz", "%00", "/../x", "//", "\u00e9", " ")).map((parts) => parts.join("")),
  );
  const sent = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 0.99, noNaN: true }));
  return fc.record({ method, target, headers, body: bodies(names), sent });
}

/** A parameter list out of names and odd values. */
export function wildQuery(pairs: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<string> {
  const pair = fc
    .constantFrom(...Object.keys(pairs))
    .chain((name) => fc.constantFrom(...(pairs[name] ?? [""])).map((text) => `${name}=${encodeURIComponent(text)}`));
  return fc.array(pair, { maxLength: 3 }).map((found) => (found.length > 0 ? `?${found.join("&")}` : ""));
}

/** @throws Error when the server neither answers nor closes the connection */
export function send(address: string, wild: WildRequest): Promise<WildAnswer> {
  const { hostname: host, port } = new URL(address);
  const { method, target, headers, sent } = wild;
  const body = Buffer.alloc(wild.body.text.length * wild.body.times, wild.body.text, "latin1");
  const lines = Object.entries({ Host: "x", Connection: "close", "Content-Length": body.length, ...headers });
  const head = `${method} ${target} HTTP/1.1\r\n${lines.map((line) => line.join(": ")).join("\r\n")}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), host, () => {
      socket.write(head);
      const part = Math.floor(body.length * sent);
      socket.write(body.subarray(0, part));
      if (part < body.length) socket.end();
    });
    socket.setTimeout(deadlineMs, () => {
      socket.destroy();
      reject(new Error(`no answer within ${deadlineMs} ms: ${method} ${target}`));
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    // A server that refuses a long body need not read it to its end.
    socket.on("error", () => {});
    socket.on("close", () => {
      const answer = Buffer.concat(chunks).toString("utf8");
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
      const text = answer.slice(answer.indexOf("\r\n\r\n") + 4);
      resolve({ status: status === undefined ? undefined : Number(status), text });
    });
  });
}

/** How many requests each of `places` gets: 2,000 for a server, or as many as MINICLUSTER_FUZZ says. */
export function requestsEach(places: number): number {
  return Math.max(1, Math.ceil(Number(process.env["MINICLUSTER_FUZZ"] ?? 2_000) / places));
}
