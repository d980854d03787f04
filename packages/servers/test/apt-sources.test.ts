import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aptSources } from "../src/apt.ts";
import { parseDeb822Sources, parseOneLineSources } from "../src/apt-sources.ts";
import { debianMirror } from "../src/consul-binary.ts";

const deb822 = `# comes with the image
Types: deb deb-src
# a comment in between
URIs: http://deb.example/debian/ http://other.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: sid
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
`;

test("reads deb822 stanzas: each URI with each suite, comments and disabled ones left out", () => {
  const signedBy = "/usr/share/keyrings/debian-archive-keyring.gpg";
  expect(parseDeb822Sources(deb822)).toEqual([
    { uri: "http://deb.example/debian", suite: "bookworm", signedBy },
    { uri: "http://deb.example/debian", suite: "bookworm-updates", signedBy },
    { uri: "http://other.example/debian", suite: "bookworm", signedBy },
    { uri: "http://other.example/debian", suite: "bookworm-updates", signedBy },
    { uri: "http://deb.example/debian-security", suite: "bookworm-security", signedBy: undefined },
  ]);
});

test("a key that stands in the file itself is no path", () => {
  const inline = "Types: deb\nURIs: http://x/debian\nSuites: sid\nSigned-By:\n -----BEGIN PGP\n .\n abc\n";
  expect(parseDeb822Sources(inline)).toEqual([{ uri: "http://x/debian", suite: "sid", signedBy: undefined }]);
});

test("reads one-line sources with and without options", () => {
  const text = `
# deb http://off.example/debian sid main
deb http://deb.example/debian bookworm main contrib # the rest
deb [arch=amd64 signed-by=/k.gpg] http://third.example/apt stable main
deb-src http://deb.example/debian bookworm main
`;
  expect(parseOneLineSources(text)).toEqual([
    { uri: "http://deb.example/debian", suite: "bookworm", signedBy: undefined },
    { uri: "http://third.example/apt", suite: "stable", signedBy: "/k.gpg" },
  ]);
});

test("takes Debian's own mirror, neither a third party's nor the one for security updates", () => {
  const sources = [
    { uri: "http://third.example/apt", suite: "stable", signedBy: undefined },
    ...parseDeb822Sources(deb822).reverse(),
  ];
  expect(debianMirror(sources)?.uri).toBe("http://other.example/debian");
  expect(debianMirror([])).toBeUndefined();
});

test("reads both forms in the order of apt, and nothing from other files or an empty machine", async () => {
  const root = await mkdtemp(join(tmpdir(), "apt-"));
  expect(aptSources(root)).toEqual([]);
  await mkdir(join(root, "sources.list.d"));
  await writeFile(join(root, "sources.list"), "deb http://one/debian a main\n");
  await writeFile(join(root, "sources.list.d/b.sources"), "Types: deb\nURIs: http://two/debian\nSuites: b\n");
  await writeFile(join(root, "sources.list.d/c.list.disabled"), "deb http://three/debian c main\n");
  expect(readdirSync(join(root, "sources.list.d"))).toHaveLength(2);
  expect(aptSources(root).map(({ uri }) => uri)).toEqual(["http://one/debian", "http://two/debian"]);
  await rm(root, { recursive: true });
});

test("any text is read without a failure, and what comes out can be written into a sources.list", () => {
  const word = fc.constantFrom(
    "Types:",
    "URIs:",
    "Suites:",
    "deb",
    "[",
    "]",
    "#",
    "\n",
    "\n\n",
    " ",
    "\t",
    "http://x/",
    "a",
    "Signed-By:",
    "/k",
    "no",
    "Enabled:",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 40 }).map((words) => words.join("")),
      ),
      (text) => {
        for (const { uri, suite } of [...parseDeb822Sources(text), ...parseOneLineSources(text)]) {
          expect(uri + suite).not.toMatch(/\s/);
        }
      },
    ),
    { numRuns: 500 },
  );
});
