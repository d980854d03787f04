import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const { MINICLUSTER_BENCH_CHECK: check, MINICLUSTER_BENCH_QUICK: quick, MINICLUSTER_BENCH_OUT: out } = process.env;

/** A test that is the bench of that name, in a process of its own: nothing of the test runner is measured with it. */
export function benchProgram(name: string, question: string): void {
  test(question, { timeout: 900_000 }, async ({ signal }) => {
    const program = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
    const options = [...(check ? ["--check"] : []), ...(quick ? ["--quick"] : []), ...(out ? ["--out", out] : [])];
    const child = spawn(process.execPath, ["--expose-gc", program, ...options], {
      stdio: ["ignore", "inherit", "inherit"],
      signal,
    });
    expect(await once(child, "exit")).toEqual([0, null]);
  });
}
