/**
 * What a stage came to; `broke` names what failed, file by file and test by test.
 * @typedef {{ passed: number, failed: number, skipped: number, reason?: string, broke?: string[] }} Tally
 */

/** A stage that is one check. @returns {Tally} */
export const oneCheck = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

/** A stage that can't run here, and what to install. @returns {Tally} */
export const skipped = (reason) => ({ passed: 0, failed: 0, skipped: 1, reason });

/** @param {Tally[]} tallies @returns {Tally} */
export function sum(tallies) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const key of Object.keys(total)) total[key] = tallies.reduce((so, tally) => so + tally[key], 0);
  return total;
}

/** Whether MINICLUSTER_REQUIRE_LEGS (names with commas between, or `all`) forbids to skip this one. */
export function legRequired(leg, env = process.env) {
  const required = (env.MINICLUSTER_REQUIRE_LEGS ?? "").split(/[\s,]+/);
  return required.includes("all") || required.includes(leg);
}

/**
 * Counts a report of vitest's json reporter. A file that could not be loaded has no tests to fail: it counts as one.
 * So does a run that failed without a failed test (an unhandled rejection, a crash).
 *
 * @param {object | undefined} report undefined when vitest left none
 * @returns {Tally}
 */
export function tallyOf(report, code) {
  if (!report) return oneCheck(false);
  const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const failed = report.numFailedTests + broken.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    broke: report.testResults.flatMap(brokenIn),
  };
}

/** The failed tests of one file with the first line of each message; the file alone where it could not be loaded. */
function brokenIn({ name, status, message, assertionResults }) {
  const tests = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && assertionResults.length === 0) return [`${name}: ${firstLine(message)}`];
  return tests.map((test) => `${name}: ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
}

const firstLine = (text = "") => text.split("\n", 1)[0];
