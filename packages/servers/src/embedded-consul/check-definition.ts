import { ConsulFailure, notImplemented } from "./failure.ts";
import { GoNumber, type GoValue } from "./go-json.ts";
import { durationFault, parseWireDuration, wireDuration } from "./wire-duration.ts";

const durations = ["Interval", "Timeout", "DeregisterCriticalServiceAfter", "TTL"];
const texts = ["HTTP", "Method", "Body", "TCP"];

/**
 * The definition of a check that is registered in the catalog itself, where nobody runs it: it is kept and told again.
 *
 * @throws ConsulFailure 400 for a duration that isn't one, 501 for a part that isn't kept
 */
export function checkDefinitionOf(value: GoValue): { definition: Record<string, unknown>; type: string } {
  const definition: Record<string, unknown> = {};
  for (const [name, part] of value instanceof Map ? value : []) {
    if (durations.includes(name)) {
      const ns = nanoseconds(part);
      if (ns !== 0) definition[name] = wireDuration(ns);
    } else if (texts.includes(name) && typeof part === "string") {
      if (part !== "") definition[name] = part;
    } else if (!isEmpty(part)) throw notImplemented(`"${name}" in the definition of a check in the catalog`);
  }
  if ("TTL" in definition) throw notImplemented('"TTL" in the definition of a check in the catalog');
  return { definition, type: typeOf(definition) };
}

function nanoseconds(part: GoValue): number {
  if (part instanceof GoNumber) return Number(part.text);
  if (typeof part !== "string") return 0;
  const ns = parseWireDuration(part);
  if (ns === undefined) throw new ConsulFailure(400, `Request decode failed: ${durationFault(part)}`);
  return ns;
}

function typeOf(definition: Readonly<Record<string, unknown>>): string {
  if (!("Interval" in definition)) return "";
  if ("HTTP" in definition) return "http";
  return "TCP" in definition ? "tcp" : "";
}

/** Whether a value says no more than a missing one would. */
export function isEmpty(value: GoValue): boolean {
  if (value instanceof Map) return [...value.values()].every(isEmpty);
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof GoNumber) return Number(value.text) === 0;
  return value === null || value === false || value === "";
}
