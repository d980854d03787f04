import { randomUUID } from "node:crypto";
import { ConsulFailure } from "./failure.ts";
import { parseGoJson } from "./go-json.ts";
import { JsonFault } from "./json-fault.ts";
import type { ServiceCheck, Session, SessionBehavior } from "./session.ts";
import { duration, list, named, readBody, type Shape, string, struct } from "./shape.ts";
import { durationFault, parseWireDuration } from "./wire-duration.ts";

/** The check of the node's agent: whether it can be reached. */
const serfHealth = "serfHealth";
const shortestTtlNs = 10e9;
const longestTtlNs = 86_400e9;
/** A lock delay below this is taken for seconds. */
const leastNanoseconds = 1_000;
const defaultLockDelayNs = 15e9;

interface Wanted {
  LockDelay: number;
  Name: string;
  Node: string;
  Behavior: string;
  TTL: string;
  NodeChecks: string[] | undefined;
  ServiceChecks: { ID: string; Namespace: string }[] | undefined;
  Checks: string[] | undefined;
}

const serviceCheck: Shape<{ ID: string; Namespace: string }> = struct(
  { goType: "structs.ServiceCheck", lenient: true },
  { ID: string, Namespace: string },
);

const wanted: Shape<Wanted> = struct(
  { goType: "struct { LockDelay interface {}; *structs.Alias }", structName: "", lenient: true },
  {
    LockDelay: duration,
    Name: string,
    Node: string,
    Behavior: named("structs.SessionBehavior"),
    TTL: string,
    NodeChecks: list(string),
    ServiceChecks: list(serviceCheck),
    Checks: list(named("types.CheckID")),
  },
);

/**
 * The session that a body asks for, as a server makes it at an index.
 *
 * @throws ConsulFailure 400 for what can't be read; the server, 500 for what can't be had
 * @param node the agent's own, the default
 */
export function sessionRequest(body: Buffer, node: string): (index: number) => Session {
  const { asked, given } = read(body);
  const id = randomUUID();
  return (index) => {
    const on = given.has("node") ? asked.Node : node;
    if (on === "") throw new ConsulFailure(500, "Must provide Node");
    return {
      id,
      name: asked.Name,
      node: on,
      lockDelayNs: given.has("lockdelay") ? lockDelayOf(asked.LockDelay) : defaultLockDelayNs,
      behavior: behaviorOf(asked.Behavior),
      ttl: asked.TTL,
      ttlMs: ttlOf(asked.TTL) / 1e6,
      ...checksOf(asked, given),
      createIndex: index,
    };
  };
}

function read(body: Buffer): { asked: Wanted; given: ReadonlySet<string> } {
  if (body.length === 0) return { asked: wanted.zero(), given: new Set() };
  try {
    const asked = readBody(wanted, body);
    const value = parseGoJson(body.toString("utf8"));
    const given = value instanceof Map ? [...value.keys()].map((name) => name.toLowerCase()) : [];
    return { asked, given: new Set(given) };
  } catch (error) {
    if (error instanceof JsonFault) throw new ConsulFailure(400, `Request decode failed: ${error.message}`);
    throw error;
  }
}

/** `Checks` is the older name of `NodeChecks`; whichever is empty empties both. */
function checksOf(asked: Wanted, given: ReadonlySet<string>): Pick<Session, "nodeChecks" | "serviceChecks" | "checks"> {
  const serviceChecks = asked.ServiceChecks?.map(wireServiceCheck) ?? null;
  const nodeChecks = given.has("nodechecks") ? (asked.NodeChecks ?? null) : [serfHealth];
  const checks = given.has("checks") ? (asked.Checks ?? []) : [serfHealth];
  if (checks.length === 0) return { nodeChecks: [], serviceChecks, checks: null };
  const isDefault = checks.length === 1 && checks[0] === serfHealth;
  return { nodeChecks, serviceChecks, checks: isDefault || !nodeChecks?.length ? null : checks };
}

function wireServiceCheck({ ID, Namespace }: { ID: string; Namespace: string }): ServiceCheck {
  return { ID, Namespace };
}

function lockDelayOf(ns: number): number {
  return ns < leastNanoseconds ? ns * 1e9 : ns;
}

function ttlOf(text: string): number {
  if (text === "") return 0;
  const ns = parseWireDuration(text);
  if (ns === undefined) throw new ConsulFailure(500, `Session TTL '${text}' invalid: ${durationFault(text)}`);
  if (ns === 0 || (ns >= shortestTtlNs && ns <= longestTtlNs)) return ns;
  throw new ConsulFailure(500, `Invalid Session TTL '${ns}', must be between [10s=24h0m0s]`);
}

function behaviorOf(text: string): SessionBehavior {
  if (text === "" || text === "release") return "release";
  if (text === "delete") return "delete";
  throw new ConsulFailure(500, `Invalid Behavior setting '${text}'`);
}
