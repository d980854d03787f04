import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findConsul, findMariadb, findVault, requireLeg } from "../src/index.ts";

const names = [
  "PATH",
  "MINICLUSTER_CACHE_DIR",
  "MINICLUSTER_VAULT_BIN",
  "MINICLUSTER_CONSUL_BIN",
  "MINICLUSTER_REQUIRE_LEGS",
];
const before = new Map(names.map((name) => [name, process.env[name]]));
let directory: string;
let lines: string[];
const options = { onProgress: (line: string): void => void lines.push(line) };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "binaries-"));
  lines = [];
  for (const name of names.slice(2)) delete process.env[name];
  process.env.MINICLUSTER_CACHE_DIR = join(directory, "cache");
  process.env.PATH = `${join(directory, "bin")}:/usr/bin:/bin`;
  await mkdir(join(directory, "bin"));
});

afterEach(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(directory, { recursive: true });
});

async function program(name: string, script: string): Promise<string> {
  const path = join(directory, "bin", name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Says what it was called with; makes what `go build` would make. */
const go = `
echo "$PWD|$*|$GOMODCACHE|$GOCACHE|$GOFLAGS|$GOTOOLCHAIN" >> "$CALLS"
case $1 in
  env) echo go1.22.1 ;;
  list) echo 'go: downloading example.org/one v1.0.0' >&2; printf 'one\\ntwo' ;;
  build)
    echo one >&2; echo two >&2
    mkdir -p "$GOMODCACHE" "$GOCACHE"
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho Vault v1.11.0' > "$2"; chmod +x "$2" ;;
esac`;

test("Vault is built by Go with caches of its own that are gone afterwards", async () => {
  process.env.CALLS = join(directory, "calls");
  await program("go", go);
  const vault = await findVault("1.11.0", options);
  expect(vault).toMatchObject({ version: "1.11.0", env: {} });
  expect(vault.path).toContain(join(directory, "cache", `vault-1.11.0-${process.arch}-`));
  const calls = (await readFile(process.env.CALLS, "utf8")).trim().split("\n");
  expect(calls.map((call) => call.split("|")[1]?.replace(/-o \S+/, "-o PROGRAM"))).toEqual([
    "env GOVERSION",
    "list -mod=readonly -deps .",
    "build -v -mod=readonly -trimpath -buildvcs=false -ldflags -s -w -o PROGRAM .",
  ]);
  const [, , modules = "", build = "", flags, toolchain] = calls[2]?.split("|") ?? [];
  expect([flags, toolchain]).toEqual(["-modcacherw", "local"]);
  expect(modules).toContain(join(directory, "cache"));
  expect([existsSync(modules), existsSync(build)]).toEqual([false, false]);
  expect(lines).toEqual(["Vault 1.11.0: downloading Go modules", "Vault 1.11.0: building, 2 packages"]);
  await findVault("1.11.0", options);
  expect((await readFile(process.env.CALLS, "utf8")).trim().split("\n")).toHaveLength(3);
});

test("without Go, or with one that is too old, one error names what to install", async () => {
  process.env.PATH = join(directory, "bin");
  await expect(findVault("1.11.0", options)).rejects.toMatchObject({
    code: "BINARY_MISSING",
    message: expect.stringMatching(
      /^Vault 1\.11\.0: needs Go 1\.\d+ or newer .*apt-get install golang-go.*MINICLUSTER_VAULT_BIN/,
    ),
  });
  await program("go", "echo go1.15.9");
  await expect(findVault("1.11.0", options)).rejects.toThrow("not go1.15.9");
});

test("a build that fails shows the compiler's words and leaves nothing", async () => {
  await program("go", 'case $1 in env) echo go1.22.1 ;; *) echo "dial tcp: no route to host" >&2; exit 1 ;; esac');
  const failed = findVault("1.14.0", options);
  await expect(failed).rejects.toMatchObject({ code: "FETCH_FAILED", kind: "unreachable" });
  await expect(failed).rejects.toThrow("no route to host");
});

test("`vault` on PATH serves for its own version, and for the leg of whatever is on PATH", async () => {
  const path = await program("vault", "echo 'Vault v1.14.0 (abc)'");
  expect(await findVault("1.14.0", options)).toEqual({ path, version: "1.14.0", env: {} });
  expect(await findVault("path", options)).toEqual({ path, version: "1.14.0", env: {} });
  process.env.MINICLUSTER_VAULT_BIN = await program("other", "echo 'Vault v1.13.2'");
  expect(await findVault("path", options)).toMatchObject({ version: "1.13.2" });
});

test("`consul` on PATH, and MINICLUSTER_CONSUL_BIN before it", async () => {
  const path = await program("consul", "echo 'Consul v1.15.1'");
  expect(await findConsul(options)).toEqual({ path, version: "1.15.1", env: {} });
  process.env.MINICLUSTER_CONSUL_BIN = await program("consul2", "echo 'Consul v1.16.0'");
  expect(await findConsul(options)).toMatchObject({ version: "1.16.0" });
});

test("without apt, Consul and MariaDB say what to install", async () => {
  process.env.PATH = join(directory, "bin");
  await program("flock", 'exec /usr/bin/flock "$@"');
  await program("sh", 'exec /bin/sh "$@"');
  const consul = findConsul(options);
  await expect(consul).rejects.toMatchObject({ code: "FETCH_FAILED" });
  await expect(consul).rejects.toThrow(/apt-get is not on PATH.*MINICLUSTER_CONSUL_BIN/);
  const mariadb = findMariadb(options);
  await expect(mariadb).rejects.toThrow(/apt-get install mariadb-server-core.*MINICLUSTER_MARIADB_BIN/);
});

test("a leg that can't be had is a reason, said once; a required one is an error", async () => {
  process.env.PATH = join(directory, "bin");
  const reason = await requireLeg("vault-path", options);
  expect(reason).toMatch(/^skipped without vault-path: .*MINICLUSTER_VAULT_BIN/);
  expect(await requireLeg("vault-path", options)).toBe(reason);
  expect(lines).toEqual([reason]);
  process.env.MINICLUSTER_REQUIRE_LEGS = "all";
  expect(await requireLeg("vault-path", options)).toBe(reason);
  await expect(requireLeg("vault-1.11.0", options)).rejects.toMatchObject({ code: "BINARY_MISSING" });
  process.env.MINICLUSTER_REQUIRE_LEGS = "consul, vault-path";
  await expect(requireLeg("vault-path", options)).rejects.toMatchObject({ code: "BINARY_MISSING" });
  expect(await requireLeg("vault-1.11.0", options)).toContain("Go");
});
