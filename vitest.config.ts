import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

const folders = ["packages", "services"].flatMap((parent) =>
  readdirSync(parent).map((name) => `${parent}/${name}/test`),
);
const packageTests = [...folders, "test/load", "test/drills/faults", "test/bench"]
  .filter(existsSync)
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => `${folder}/${file}`),
  );

/** A test that starts a server shows it in its imports. */
const startsServers = /@minicluster\/(servers|devcluster)"|\bstart(DevCluster|Mariadb|Consul|Vault|UnsealedVault)\b/;
const real = packageTests.filter((file) => startsServers.test(readFileSync(file, "utf8")));
const unit = packageTests.filter((file) => !real.includes(file));

const shared = { testTimeout: 60_000, hookTimeout: 600_000 };
// One file at a time: two cores, and figures that mean something.
const alone = { ...shared, fileParallelism: false, sequence: { groupOrder: 1 } };
// More than there are cores: tests on servers mostly wait, for lives and takeovers of many seconds. A load runs for a
// minute in the long form.
const fourAtOnce = { ...shared, testTimeout: 180_000, maxWorkers: 4, sequence: { groupOrder: 2 } };
/** Drills in the full form are measured; in the short form they mostly wait as well. */
const drills = process.env["MINICLUSTER_DRILL_FORM"] === "short" ? { ...fourAtOnce, maxWorkers: 3 } : alone;
/** An hour of failures: asked for alone. */
const mixed = process.env["MINICLUSTER_MIXED_MINUTES"] ? ["test/drills/mixed/mixed.drill.ts"] : [];
/** What waits for more than a minute runs in the long form only. */
const exclude = process.env["MINICLUSTER_LONG"] ? [] : ["**/*.long.test.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, maxWorkers: 2, name: "unit", include: unit } },
      { test: { ...fourAtOnce, name: "real", include: real } },
      { test: { ...alone, testTimeout: 7_200_000, name: "simulation", include: ["test/simulation/*.test.ts"] } },
      { test: { ...shared, name: "workspace", include: ["test/workspace/*.test.ts"] } },
      { test: { ...alone, name: "docs", include: ["test/docs/*.test.ts"] } },
      { test: { ...fourAtOnce, name: "contract", include: ["test/contract/**/*.test.ts"], exclude } },
      { test: { ...alone, testTimeout: 180_000, name: "packed", include: ["test/packed/*.test.ts"] } },
      { test: { ...fourAtOnce, name: "e2e", include: ["test/e2e/**/*.test.ts"] } },
      { test: { ...drills, name: "drills", include: ["test/drills/*.drill.ts", ...mixed] } },
      { test: { ...alone, name: "bench", include: ["test/bench/**/*.bench.ts"] } },
    ],
  },
});
