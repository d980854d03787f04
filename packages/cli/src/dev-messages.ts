/**
 * What is said over the socket of `minicluster dev`: one line of JSON each way, then the end.
 *
 * `who`: which cluster this is. `env`: the environment of one more instance of a service. `operator`: an operator's.
 */
export type DevRequest = { ask: "who" } | { ask: "env"; service: string } | { ask: "operator" };

/** Which cluster answers. */
export interface DevWho {
  /** Of `minicluster dev`. */
  pid: number;
  /** Where it was started. */
  directory: string;
  services: readonly string[];
}

export type DevAnswer =
  | { who: DevWho }
  | { env: Readonly<Record<string, string>> }
  /** `usage`: the request names something that isn't there. */
  | { error: { message: string; usage: boolean } };

/** A line of the one who asks; undefined for anything that is none. */
export function parseRequest(line: string): DevRequest | undefined {
  const { ask, service } = objectIn(line);
  if (ask === "who" || ask === "operator") return { ask };
  return ask === "env" && typeof service === "string" ? { ask, service } : undefined;
}

/** A line of the one who answers; undefined for anything that is none. */
export function parseAnswer(line: string): DevAnswer | undefined {
  const { who, env, error } = objectIn(line);
  if (isObject(who)) {
    const { pid, directory, services } = who;
    if (!Number.isSafeInteger(pid) || typeof directory !== "string" || !isTexts(services)) return undefined;
    return { who: { pid: pid as number, directory, services } };
  }
  if (isObject(env)) return isTexts(Object.values(env)) ? { env: env as Record<string, string> } : undefined;
  if (!isObject(error) || typeof error["message"] !== "string") return undefined;
  return { error: { message: error["message"], usage: error["usage"] === true } };
}

function objectIn(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
