import { join } from "node:path";
import { run } from "./child.mjs";
import { checkPackaging } from "./packaging.mjs";
import { root } from "./root.mjs";
import { getServers } from "./servers.mjs";
import { legRequired, oneCheck, skipped } from "./tally.mjs";
import { vitest } from "./vitest.mjs";

const bin = (name) => join(root, "node_modules/.bin", name);

/** A stage that is one command: passed when it ends with 0. */
const command =
  (...words) =>
  async () =>
    oneCheck((await run(words, { cwd: root })).code === 0);

/** Loads in their short form, whatever the form of the run: the other Node shows that it works, not how long. */
const shortLoads = { MINICLUSTER_LONG: "" };

/**
 * What `npm test` does, in this order. A `long` one only in the long form, or by name.
 * @type {{ name: string, what: string, long?: boolean, run: (context: { scratch: string }) => Promise<import("./tally.mjs").Tally> }[]}
 */
export const stages = [
  { name: "lint", what: "Biome over the whole tree", run: command(bin("biome"), "check", "--error-on-warnings", ".") },
  { name: "types", what: "the compiler over the tests", run: command(bin("tsc"), "-p", "tsconfig.tests.json") },
  { name: "unit", what: "tests that need no server", run: (context) => vitest("unit", context) },
  { name: "simulation", what: "simulated days of failures", run: (context) => vitest("simulation", context) },
  { name: "workspace", what: "rules that the tree itself keeps", run: (context) => vitest("workspace", context) },
  { name: "packaging", what: "publint, attw, import and require() of every packed package", run: checkPackaging },
  { name: "other-node", what: "unit, on the other supported Node, 24 or 20", long: true, run: onOtherNode("unit") },
  { name: "servers", what: "get the servers that are missing", run: getServers },
  { name: "real", what: "the packages' tests on real servers", run: (context) => vitest("real", context) },
  {
    name: "contract",
    what: "the embedded servers against the real ones",
    run: (context) => vitest("contract", context),
  },
  { name: "docs", what: "every example of every README", run: (context) => vitest("docs", context) },
  { name: "packed", what: "the command and its template from packed packages", long: true, run: fromPacked },
  { name: "e2e", what: "the whole system", run: (context) => vitest("e2e", context) },
  { name: "drills", what: "every drill once, in its short form", long: true, run: shortDrills },
  {
    name: "bench",
    what: "every benchmark once, in its quick form: that they work, not how long anything takes",
    long: true,
    run: command(process.execPath, join(root, "scripts/bench.mjs"), "--quick"),
  },
  { name: "other-real", what: "real, on the other supported Node", long: true, run: onOtherNode("real") },
  { name: "other-e2e", what: "e2e, on the other supported Node", long: true, run: onOtherNode("e2e") },
];

/** Three at once; their records are not kept. */
function shortDrills(context) {
  const env = {
    MINICLUSTER_DRILL_FORM: "short",
    MINICLUSTER_DRILL_ENGINE: "embedded",
    MINICLUSTER_DRILL_OUT: context.scratch,
  };
  return vitest("drills", { ...context, env });
}

/** Somebody else's folder has nothing yet, so npm must find the rest. */
async function fromPacked(context) {
  const { code, output } = await run(["npm", "view", "typescript", "version"], { cwd: context.scratch, capture: true });
  if (code === 0) return vitest("packed", context);
  if (!legRequired("packed")) return skipped("skipped: the npm registry can't be reached");
  console.error(output);
  return oneCheck(false);
}

const currentNode = Number(process.versions.node.split(".")[0]);

function onOtherNode(project) {
  return async (context) => {
    const other = currentNode >= 24 ? 20 : 24;
    const found = await run(["npx", "--yes", "--package", `node@${other}`, "--", "node", "-p", "process.execPath"], {
      cwd: context.scratch,
      capture: true,
    });
    const node = found.output.trim().split("\n").at(-1);
    if (found.code === 0 && node?.startsWith("/")) return vitest(project, { ...context, node, env: shortLoads });
    if (legRequired("other-node")) {
      console.error(found.output);
      return oneCheck(false);
    }
    return skipped(`skipped: the npm package node@${other} can't be had; check that the npm registry is reachable`);
  };
}
