import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fences, root } from "./fences.ts";

/** Who runs which command of a README: a command is known by how it begins. */
const exercised: readonly { command: string; by: string; shownBy: RegExp }[] = [
  { command: "npm start", by: "test/docs/quick-start.test.ts", shownBy: /"npm", "start"/ },
  { command: "npm test", by: ".ci/run", shownBy: /npm test/ },
  { command: "npm install", by: "test/packed/packed.test.ts", shownBy: /"npm", \["install"/ },
  { command: "npm run bench", by: "test/workspace/scripts.test.ts", shownBy: /bench/ },
  { command: "npm run drills", by: "test/workspace/drills.test.ts", shownBy: /drills\.mjs/ },
];

const commands = fences
  .filter(({ language }) => language === "sh")
  .flatMap(({ at, body }) =>
    body
      .split("\n")
      .map((line) => line.trim().replace(/^\$ /, ""))
      .filter((line) => /^(npx |npm |minicluster )/.test(line))
      .map((line) => ({ at, line })),
  );

it.each(commands)("$at: $line", ({ line }) => {
  const known = exercised.find(({ command }) => line === command || line.startsWith(`${command} `));
  expect(known, "no test runs it: write one and name it here").toBeDefined();
});

it.each(exercised)("$command is run by $by", ({ by, shownBy }) => {
  expect(existsSync(join(root, by)), by).toBe(true);
  expect(readFileSync(join(root, by), "utf8")).toMatch(shownBy);
});
