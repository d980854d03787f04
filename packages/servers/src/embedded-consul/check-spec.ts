import type { CheckDefinitionBody, CheckTypeBody } from "./catalog-shapes.ts";
import { ConsulFailure, notImplemented } from "./failure.ts";

/** A check that the agent runs, or waits to be told of. Times are nanoseconds, as on the wire. */
export interface CheckSpec {
  type: "http" | "tcp" | "ttl";
  http: string;
  tcp: string;
  header: Readonly<Record<string, readonly string[] | undefined>>;
  method: string;
  body: string;
  tlsSkipVerify: boolean;
  intervalNs: number;
  timeoutNs: number;
  ttlNs: number;
  successBeforePassing: number;
  failuresBeforeCritical: number;
  /** 0: never. */
  deregisterAfterNs: number;
  outputMaxSize: number;
}

/** What a check can be. */
export const checkStatuses: readonly string[] = ["passing", "warning", "critical"];

const largestOutput = 4_096;
const leastIntervalNs = 1e9;
/** A service is not taken away sooner than this. */
const leastDeregisterNs = 60e9;

type Body = CheckTypeBody | CheckDefinitionBody;

/**
 * What is to be checked.
 *
 * @throws ConsulFailure 400 for what can't be, 500 for a script, 501 for kinds of checks that aren't implemented
 */
export function checkSpecOf(body: Body): CheckSpec {
  const fault = faultOf(body);
  if (fault) throw new ConsulFailure(400, `Invalid check: ${fault}`);
  refuseScript(body);
  if (isAlias(body)) throw notImplemented("an alias check");
  if (body.GRPC !== "") throw notImplemented("a gRPC check");
  const after = body.DeregisterCriticalServiceAfter || body.deregister_critical_service_after;
  return {
    type: body.HTTP !== "" ? "http" : body.TTL > 0 ? "ttl" : "tcp",
    http: body.HTTP,
    tcp: body.TCP,
    header: body.Header ?? {},
    method: body.Method,
    body: body.Body,
    tlsSkipVerify: body.TLSSkipVerify || body.tls_skip_verify,
    intervalNs: Math.max(leastIntervalNs, body.Interval),
    timeoutNs: body.Timeout,
    ttlNs: body.TTL,
    successBeforePassing: body.SuccessBeforePassing,
    failuresBeforeCritical: body.FailuresBeforeCritical,
    deregisterAfterNs: after > 0 ? Math.max(leastDeregisterNs, after) : 0,
    outputMaxSize: body.OutputMaxSize > 0 ? Math.min(body.OutputMaxSize, largestOutput) : largestOutput,
  };
}

/** Scripts never run here: as with an agent that has them disabled. */
function refuseScript(body: Body): void {
  if (!isScript(body)) return;
  const text =
    "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true";
  throw new ConsulFailure(500, text);
}

/** What Consul says of a check that contradicts itself. */
function faultOf(body: Body): string | undefined {
  const polled = isScript(body) || body.HTTP !== "" || body.TCP !== "" || body.GRPC !== "";
  if (body.Interval > 0 && body.TTL > 0) return "Interval and TTL cannot both be specified";
  if (polled && body.Interval <= 0) return "Interval must be > 0 for Script, HTTP, or TCP checks";
  if (polled && isAlias(body)) return "Interval cannot be set for Alias checks";
  if (isAlias(body) && body.TTL > 0) return "TTL must be not be set for Alias checks";
  if (!polled && !isAlias(body) && body.TTL <= 0) return "TTL must be > 0 for TTL checks";
  if (body.OutputMaxSize < 0) return "MaxOutputMaxSize must be positive";
  return undefined;
}

function isScript(body: Body): boolean {
  return [body.ScriptArgs, body.args, body.script_args].some((args) => args !== undefined && args.length > 0);
}

function isAlias(body: Body): boolean {
  return body.AliasNode !== "" || body.AliasService !== "";
}
