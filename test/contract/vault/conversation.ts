import { sleep, systemClock } from "@minicluster/core";
import type { Behaviour } from "../behaviour.ts";
import { mask } from "../mask.ts";
import { type Asked, type AskOptions, ask, type Told } from "./asking.ts";

export interface Line extends AskOptions {
  /** Members of the answer, as `auth.client_token`, under the names by which later lines call them: `{{name}}`. */
  save?: Readonly<Record<string, string>>;
  /** What of the answer counts, as `data.ttl`. Default: all of it. */
  only?: readonly string[];
  /** Seconds to wait before it is asked. */
  after?: number;
}

/** `~` stands for a name of the behaviour's own. */
export type Said = string | readonly [what: string, body?: unknown, line?: Line];

let behaviours = 0;

/**
 * A behaviour that asks one question after the other, each with what the answers before it said.
 *
 * @example
 * conversation("a child dies with its parent", [
 *   ["POST auth/token/create", {}, { save: { parent: "auth.client_token" } }],
 *   ["GET auth/token/lookup-self", undefined, { token: "{{parent}}" }],
 * ]);
 */
export function conversation<Of extends Asked>(
  name: string,
  lines: readonly Said[],
  differs?: Readonly<Record<string, string>>,
): Behaviour<Of> {
  behaviours += 1;
  const own = `own${behaviours}x`;
  return {
    name,
    ...(differs && { differs }),
    run: async (vault) => {
      const known = new Map([["~", own]]);
      const transcript: unknown[] = [];
      for (const line of lines) {
        const [what, body, options = {}] = typeof line === "string" ? [line] : line;
        if (options.after) await sleep(systemClock, options.after * 1_000);
        const token = options.token === undefined ? {} : { token: filled(options.token, known) };
        const sent = body === undefined ? undefined : JSON.parse(filled(JSON.stringify(body), known));
        const told = await ask(vault, filled(what, known), sent, { ...options, ...token });
        for (const [called, where] of Object.entries(options.save ?? {})) {
          known.set(`{{${called}}}`, String(at(told.body, where)));
        }
        transcript.push([what, told.status, counted(told, options.only)]);
      }
      const values = [...known].filter(([key]) => key !== "~").map(([key, value]) => [value, key.slice(2, -2)]);
      return mask(transcript, { ...Object.fromEntries(values), [own]: "own" });
    },
  };
}

function counted({ body }: Told, only: readonly string[] | undefined): unknown {
  return evened(only ? Object.fromEntries(only.map((where) => [where, at(body, where) ?? null])) : body);
}

function at(value: unknown, where: string): unknown {
  return where
    .split(".")
    .reduce<unknown>(
      (so, name) => (typeof so === "object" && so ? (so as Record<string, unknown>)[name] : undefined),
      value,
    );
}

function filled(text: string, known: ReadonlyMap<string, string>): string {
  let done = text;
  for (const [name, value] of known) done = done.replaceAll(name, value);
  return done;
}

/** Ends of lives that a moment moves. */
const lives = new Set(["ttl", "data.ttl", "lease_duration", "auth.lease_duration"]);
const moments = new Set(["creation_time", "last_renewal_time", "server_time_utc"]);

/** Without what a moment more or less, or chance, makes different. */
function evened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(evened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (typeof one === "number" && lives.has(name)) return [name, Math.ceil(one / 5) * 5];
      if (name === "warnings" && Array.isArray(one)) return [name, warned(one)];
      if (typeof one === "number" && moments.has(name)) return [name, "<moment>"];
      if (typeof one === "string" && /accessor$/.test(name) && one !== "") return [name, shapeOf(one)];
      if (typeof one === "string" && (name === "lease_id" || name === "id"))
        return [name, one.replace(/\/[A-Za-z0-9]{24}$/, "/<24>")];
      return [name, evened(one)];
    }),
  );
}

/** 1.11.0 says of parameters it takes that it ignores them; 1.14.0 does not. */
function warned(warnings: readonly unknown[]): unknown {
  const others = warnings.filter((one) => !String(one).startsWith("Endpoint ignored these unrecognized parameters"));
  return others.length === 0 ? null : others;
}

function shapeOf(accessor: string): string {
  return accessor.replace(/[A-Za-z0-9]{24}$/, "<24>").replace(/_[0-9a-f]{8}$/, "_<8>");
}
