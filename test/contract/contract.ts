import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BackendOf, Behaviour } from "./behaviour.ts";
import { contractTable } from "./contract-table.ts";

export interface Contract<Backend> {
  /** "Consul: KV". */
  title: string;
  /** The first one that can run is what the others are compared with. Real servers first. */
  backends: readonly BackendOf<Backend>[];
  behaviours: readonly Behaviour<Backend>[];
}

type Outcome = { transcript: unknown } | { error: unknown };

/**
 * Runs each behaviour on every backend at once and compares the transcripts, so that what is expected of the embedded
 * server is what the real ones answered in the same run. Prints the table behaviour x backend.
 */
export function contract<Backend>({ title, backends, behaviours }: Contract<Backend>): void {
  describe(title, () => {
    const running = new Map<string, Backend & AsyncDisposable>();
    const missing = new Map<string, string>();
    const seen = new Map<string, ReadonlyMap<string, string>>();

    beforeAll(async () => {
      await Promise.all(
        backends.map(async ({ name, missing: why, start }) => {
          const reason = await why();
          if (reason) missing.set(name, reason);
          else running.set(name, await start());
        }),
      );
    });

    afterAll(async () => {
      console.log(contractTable({ title, backends: backends.map(({ name }) => name), seen }));
      await Promise.all([...running.values()].map((backend) => backend[Symbol.asyncDispose]()));
    });

    it.for(behaviours)("$name", async ({ name, run, differs = {} }, { skip }) => {
      if (running.size === 0) skip([...missing.values()][0]);
      const outcomes = new Map<string, Outcome>(
        await Promise.all(
          backends.flatMap(({ name: backend }) => {
            const server = running.get(backend);
            return server ? [outcomeOf(run, server).then((outcome) => [backend, outcome] as const)] : [];
          }),
        ),
      );
      const verdicts = new Map<string, string>();
      seen.set(name, verdicts);
      for (const [backend, outcome] of outcomes) verdicts.set(backend, "error" in outcome ? "failed" : "same");
      for (const [backend, outcome] of outcomes) if ("error" in outcome) throw failedOn(backend, outcome.error);
      const [reference, ...others] = [...outcomes].filter(([backend]) => !(backend in differs));
      for (const [backend, outcome] of others) {
        if (!equal(outcome, reference?.[1])) verdicts.set(backend, "other");
        expect(outcome, `${backend} against ${reference?.[0]}`).toEqual(reference?.[1]);
      }
      for (const [backend, reason] of Object.entries(differs)) {
        if (!outcomes.has(backend) || !reference) continue;
        verdicts.set(backend, "differs");
        expect(outcomes.get(backend), `${backend} should differ: ${reason}`).not.toEqual(reference[1]);
      }
    });

    it("ran on every backend that can run here", () => {
      for (const reason of new Set(missing.values())) console.log(`${title}: ${reason}`);
      expect(running.size + missing.size).toBe(backends.length);
    });
  });
}

function outcomeOf<Backend>(run: Behaviour<Backend>["run"], server: Backend): Promise<Outcome> {
  return run(server).then(
    (transcript) => ({ transcript: plain(transcript) }),
    (error: unknown) => ({ error }),
  );
}

/** As JSON keeps it, so that a missing key and an undefined one are the same. */
function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

function equal(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
}

function failedOn(backend: string, error: unknown): Error {
  const failure = error instanceof Error ? error : new Error(String(error));
  failure.message = `on ${backend}: ${failure.message}`;
  return failure;
}
