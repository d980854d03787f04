import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import type { Terminal } from "./terminal.ts";

/** The lines that `npm start` prints, as the seed wrote them. */
const lines = [
  `curl -X POST http://HOST/todo -d '{"status": "new", "content": "Hello World"}'`,
  "curl http://HOST/todo/1",
  `curl -X PUT http://HOST/todo/1 -d '{"status": "open", "content": "Hello Galaxy"}'`,
  "curl http://HOST/todo/1",
  "curl -i -X DELETE http://HOST/todo/1",
];

const created = '{"id":1,"status":"new","content":"Hello World"}';
const changed = '{"id":1,"status":"open","content":"Hello Galaxy"}';

/** Waits until `npm start` has printed its curl lines. */
export async function curlLines(terminal: Terminal): Promise<string[]> {
  const found = await terminal.until(/^[ $]*curl .*$/gm, lines.length);
  return found.slice(0, lines.length).map((line) => line.replace(/^[ $]*/, ""));
}

/** What a line of shell prints. */
export function shell(line: string): string {
  return spawnSync("sh", ["-c", line], { encoding: "utf8", timeout: 10_000 }).stdout;
}

/** The five lines are the seed's, speak to two instances, and give the seed's answers. Leaves no todo. */
export function expectSeedAnswers(curls: readonly string[]): void {
  const host = (line: string | undefined): string => /127\.0\.0\.1:\d+/.exec(line ?? "")?.[0] ?? "";
  expect(curls.map((line) => line.replace(host(line), "HOST"))).toEqual(lines);
  expect(host(curls[3])).not.toBe(host(curls[0]));
  const answers = curls.map((line) => shell(line).trim());
  expect(answers.slice(0, 4)).toEqual([created, created, changed, changed]);
  const [status, ...headers] = answers[4]?.split("\r\n") ?? [];
  expect(status).toBe("HTTP/1.1 204 No Content");
  expect(headers).toContain("Content-Type: application/json");
  expect(headers.some((header) => /^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/.test(header))).toBe(true);
}
