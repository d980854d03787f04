import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { machine } from "../../bench/machine.mjs";
import { type Bucket, bucketsOf, stepMsOf } from "./buckets.ts";
import type { DrillForm } from "./form.ts";
import { type Outcome, type Way, ways } from "./outcome.ts";
import { picture } from "./picture.ts";
import { type Held, healthyAfterMs } from "./rules.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where records and pictures go: MINICLUSTER_DRILL_OUT, `output/drills` by default. */
const directory = resolve(root, process.env["MINICLUSTER_DRILL_OUT"] ?? "output/drills");

/** A drill as its JSON keeps it. */
export interface DrillRecord extends Omit<Outcome, "samples" | "failures" | "logs"> {
  name: string;
  what: string;
  engine: string;
  form: DrillForm["name"];
  date: string;
  machine: string;
  held: boolean;
  holds: readonly Held[];
  healthyAfterMs: number | undefined;
  /** The first of the calls that failed. */
  failures: Outcome["failures"];
  /** The load in steps. */
  stepMs: number;
  buckets: Record<Way, Bucket[]>;
}

export interface Recorded {
  name: string;
  what: string;
  engine: string;
  form: DrillForm;
  outcome: Outcome;
  holds: readonly Held[];
}

const failuresKept = 20;

/** Writes NAME.json, NAME.svg and NAME.log, and prints what held. */
export async function record({ name, what, engine, form, outcome, holds }: Recorded): Promise<void> {
  const { samples, failures, logs, ...rest } = outcome;
  const stepMs = stepMsOf(outcome.endedAt);
  const kept: DrillRecord = {
    name,
    what,
    engine,
    form: form.name,
    date: new Date().toISOString(),
    machine: machine(),
    held: holds.every(({ ok }) => ok),
    holds,
    ...rest,
    healthyAfterMs: outcome.healthyAt === undefined ? undefined : healthyAfterMs(outcome),
    failures: failures.slice(0, failuresKept),
    stepMs,
    buckets: { http: bucketsOf(samples, ways.http, stepMs), mysql: bucketsOf(samples, ways.mysql, stepMs) },
  };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(kept, undefined, 1)}\n`);
  await writeFile(join(directory, `${name}.svg`), picture(kept));
  await writeFile(join(directory, `${name}.log`), logs.map((todo) => `# ${todo.name}\n${todo.log}`).join("\n"));
  for (const { what: promise, ok, figure } of holds) console.log(`  ${ok ? "holds" : "FAILS"}  ${promise}: ${figure}`);
}
