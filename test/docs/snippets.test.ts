import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fences, modules } from "./fences.ts";
import { compileSnippets, execute, type SnippetProject } from "./snippet-project.ts";

const modes = ["", "run", "cluster", "continued"];
const languages = ["", "ts", "sh", "json", "text", "hcl", "sql", "ini"];

it("every fence is of a kind that is checked", () => {
  const unknown = fences.filter(
    ({ language, mode }) => !languages.includes(language) || (language === "ts" && !modes.includes(mode)),
  );
  expect(unknown.map(({ at, language, mode }) => `${at}: ${language} ${mode}`)).toEqual([]);
});

describe("the TypeScript of the READMEs", () => {
  let project: SnippetProject;

  beforeAll(async () => {
    project = await compileSnippets();
  });
  afterAll(() => project[Symbol.dispose]());

  it("compiles against the built packages", () => {
    expect(project.errors).toEqual([]);
    expect(project.snippets.length).toBeGreaterThan(0);
  });

  const runnable = modules().flatMap(({ at, mode }, index) => (mode === "run" ? [{ at, index }] : []));
  it.each(runnable)("$at runs and ends by itself", async ({ index }) => {
    const file = project.snippets[index]?.file ?? "";
    const { code, output } = await execute(process.execPath, [file], { cwd: tmpdir(), timeout: 30_000 });
    expect(code, output).toBe(0);
  });
});
