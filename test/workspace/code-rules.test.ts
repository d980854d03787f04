import { expect, it } from "vitest";
import { code, files, packages, sources, text } from "./tree.ts";

const typescript = files.filter((file) => /\.(ts|mjs|js|cjs)$/.test(file));
const here = "test/workspace/code-rules.test.ts";

/** `file:line: what` of every match. */
function matches(among: readonly string[], pattern: RegExp, read: (file: string) => string = code): string[] {
  return among.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

it("only core owns a timer", () => {
  const others = packages.filter(({ short }) => short !== "core").flatMap((of) => sources(of, "src"));
  expect(matches(others, /\bset(Timeout|Interval)\b|timers\/promises|AbortSignal\.timeout/)).toEqual([]);
});

it("nothing is left to be done, nothing is hidden from the compiler", () => {
  const others = typescript.filter((file) => file !== here);
  expect(matches(others, /(\/\/|\*)\s*(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)/, text)).toEqual([]);
});

it("only Secret.reveal opens a secret, and nobody prints what it gives", () => {
  const all = packages.flatMap((of) => sources(of, "src"));
  expect(matches(all, /(console\.|log(ger)?\.|Error\().*\.reveal\(\)/)).toEqual([]);
});

it("every error a package throws is one of ours", () => {
  const libraries = packages.filter(({ folder }) => folder.startsWith("packages/")).flatMap((of) => sources(of, "src"));
  expect(matches(libraries, /throw new (Error|TypeError|RangeError)\(/)).toEqual([]);
});

it("no file is a drawer", () => {
  expect(
    files.filter((file) =>
      /\/(utils?|helpers?|common|misc|types|shared)(\.(ts|mjs|js)|\/)/.test(file.replace(/\.test\.ts$/, "")),
    ),
  ).toEqual([]);
});

it("no file knows the machine it was written on", () => {
  const machine = new RegExp(`(^|[\\s"'\`(=:])/(${["work", "root", "home/[a-z]+", "Users"].join("|")})/`);
  expect(matches(files.filter(isText), machine, text)).toEqual([]);
});

/** Where a reader may be sent, and what is an address by way of example. */
const hosts = [
  /^(127\.0\.0\.\d+|\[::1?\]|localhost|0\.0\.0\.0|10\.\d+\.\d+\.\d+)$/,
  /(^|\.)(consul|example|test|invalid|internal|local)$/,
  /(^|\.)example\.(com|org|net)$/,
  /(^|\.)(hashicorp\.com|mysql\.com|mariadb\.com|rfc-editor\.org|nodejs\.org|w3\.org|github\.com|spec\.openapis\.org)$/,
];

it("every URL leads to documentation, or to this machine", () => {
  const foreign = files.filter(isText).flatMap((file) =>
    [...text(file).matchAll(/\bhttps?:\/\/([A-Za-z0-9.[][^\s/"'`)>:,;$\\]*)/g)]
      .map((match) => match[1] ?? "")
      .filter(
        (host) => /[a-z0-9]\.[a-z0-9]/i.test(host) && !hosts.some((pattern) => pattern.test(host.replace(/\.$/, ""))),
      )
      .map((host) => `${file}: ${host}`),
  );
  expect(foreign).toEqual([]);
});

function isText(file: string): boolean {
  return /\.(ts|mjs|js|cjs|json|md|ya?ml|go|mod|sh|hcl|svg|run)$|\/run$|^[^.]+$/.test(file);
}
