import { chmod, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../src/program.ts";
import { Terminal } from "../src/terminal.ts";
import { runCli } from "./run-cli.ts";
import { runHere } from "./run-here.ts";

const context = {
  terminal: new Terminal({ ...process, env: {} }),
  signal: new AbortController().signal,
};
const commands = program(context, "0").commands.map((command) => command.name());
const nobody = "http://127.0.0.1:1";
const operator = {
  VAULT_ADDR: nobody,
  VAULT_TOKEN: "s3cret-token",
  MYSQL_ADMIN_URL: "mysql://root:s3cret@127.0.0.1:1",
};

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cli-"));
  await writeFile(join(directory, "readable"), "key", { mode: 0o644 });
  await writeFile(join(directory, "empty"), "", { mode: 0o600 });
  await writeFile(join(directory, "garbage"), "s3cret key\n", { mode: 0o600 });
  await chmod(join(directory, "readable"), 0o644);
  await symlink(join(directory, "empty"), join(directory, "link"));
});
afterAll(() => rm(directory, { recursive: true }));

test("without arguments it shows what there is", async () => {
  const { code, stdout } = await runCli([]);
  expect(code).toBe(0);
  for (const command of commands) expect(stdout).toContain(`\n  ${command} `);
});

test.each(commands)("%s --help has an example, and no colour in a pipe", async (command) => {
  const { code, stdout, stderr } = await runHere([command, "--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^Examples?:\n {2}.*\bminicluster [a-z]/m);
  expect(stdout).not.toContain("\u001b");
});

describe("a wrong command line or variable is one line, exit code 2, and no secret", () => {
  test.each<[string[], RegExp, Record<string, string>?]>([
    [["stats"], /unknown command 'stats' \(Did you mean status\?\)/],
    [["status", "extra"], /too many arguments/],
    [["status", "--colour"], /unknown option '--colour'/],
    [["status", "--servce", "todo"], /unknown option '--servce' \(Did you mean --service\?\)/],
    [["completion"], /missing required argument 'shell'/],
    [["completion", "tcsh"], /'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish/],
    [["status", "--timeout", "x"], /--timeout: "x" is not a duration/],
    [["status", "--interval", "1s"], /--interval: goes with --watch/],
    [["status", "--watch", "--interval", "x"], /--interval: "x" is not a duration/],
    [["status", "--watch", "--interval", "1ms"], /--interval: 1ms is too short; write at least 200ms/],
    [["status", "--watch", "--timeout", "x"], /--timeout: "x" is not a duration/],
    [["status", "--watch", "--service", "to do"], /service: "to do" is not valid/],
    [["status", "--service", "to do"], /service: "to do" is not valid/],
    [["status", "--vault", "s3cret"], /--vault: not a URL/],
    [["status"], /CONSUL_HTTP_SSL: must be true or false/, { CONSUL_HTTP_SSL: "s3cret" }],
    [["status"], /CONSUL_HTTP_ADDR: /, { CONSUL_HTTP_ADDR: "http://u:s3cret@h" }],
    [["status"], /VAULT_ADDR is not a URL/, { VAULT_ADDR: "s3cret" }],
    [["status"], /VAULT_CACERT: \/nowhere can't be read/, { VAULT_CACERT: "/nowhere" }],
    [["init"], /--vault: name a node, or set VAULT_ADDR/],
    [["init", "--shares", "many"], /'--shares <n>' argument 'many' is invalid/],
    [["init", "--shares", "0"], /--shares: 0 is not valid/, operator],
    [["init", "--shares", "2", "--threshold", "3"], /--threshold: 3 of 2 shares can never unseal/, operator],
    [["init", "--keys-file", "DIR/empty"], /--keys-file: .*empty exists already/, operator],
    [["init", "--keys-file", "DIR/none/keys"], /--keys-file: .*can't be made \(ENOENT\)/, operator],
    [["unseal", "--keys-file", "DIR/none"], /--keys-file: .*can't be read \(ENOENT\)/, operator],
    [["unseal", "--keys-file", "DIR/link"], /--keys-file: .*can't be read \(ELOOP\)/, operator],
    [["unseal", "--keys-file", "DIR"], /--keys-file: .*is not a file/, operator],
    [["unseal", "--keys-file", "DIR/readable"], /others than its owner can read .*chmod 600/, operator],
    [["unseal", "--keys-file", "DIR/empty"], /holds no unseal key/, operator],
    [["unseal", "--keys-file", "DIR/garbage"], /holds a line that is no unseal key/, operator],
    [["unseal"], /stdin holds no unseal key/, operator],
    [["configure"], /MYSQL_ADMIN_URL: not set/, { VAULT_ADDR: nobody, VAULT_TOKEN: "t" }],
    [["configure"], /VAULT_TOKEN: not set/, { ...operator, VAULT_TOKEN: "" }],
    [["configure"], /unset one or the other/, { ...operator, MYSQL_ADMIN_PASSWORD: "s3cret" }],
    [["configure"], /VAULT_APP_ID: the value given is not valid/, { ...operator, VAULT_APP_ID: "s3cret" }],
    [["configure", "--service", "../sys"], /service: /, operator],
    [["configure", "--database", "mysql"], /--database: mysql belongs to the server/, operator],
    [
      ["configure", "--auth", "ldap"],
      /'--auth <method>' argument 'ldap' is invalid. Allowed choices are app-id, approle/,
      operator,
    ],
    [
      ["configure", "--engine", "pg"],
      /'--engine <type>' argument 'pg' is invalid. Allowed choices are mysql, database/,
      operator,
    ],
    [["configure", "--mount", "a/../b"], /--mount: /, operator],
    [["configure", "--lease-ttl", "0.5s"], /--lease-ttl: .*whole seconds/, operator],
    [["configure", "--lease-ttl", "2d"], /--lease-ttl: 172800s is longer than the max TTL/, operator],
    [["configure", "--token-ttl", "no"], /--token-ttl: "no" is not a duration/, operator],
    [["configure", "--privilege", "select"], /--privilege: "select" is not valid/, operator],
    [["configure", "--account", "a'b"], /--account: "a'b" is not valid/, operator],
    [["configure", "--account-host", "'"], /--account-host: /, operator],
    [["configure", "--mysql", "nowhere"], /--mysql: "nowhere" is not valid; write host:port/, operator],
    [["configure", "--mysql-for-vault", "nowhere"], /--mysql-for-vault: "nowhere" is not an address/, operator],
    [["provision"], /missing required argument 'service'/],
    [["provision", "to/do"], /service: "to\/do" is not valid/, operator],
    [["provision", "todo", "--auth", "x"], /'--auth <method>' argument 'x' is invalid/, operator],
    [["provision", "todo", "--cidr", "here"], /--cidr: "here" is not valid/, operator],
    [["provision", "todo", "--wrap", "5m"], /--wrap: goes with auth approle/, operator],
    [["provision", "todo", "--mac", "aa:bb:cc:dd:ee:ff"], /MINICLUSTER_USER_ID_SALT: not set/, operator],
    [
      ["provision", "todo", "--mac", "x"],
      /mac is not a MAC address/,
      { ...operator, MINICLUSTER_USER_ID_SALT: "s3cret-salt" },
    ],
    [["provision", "todo", "--user-id-stdin"], /--user-id-stdin: the value given is not valid/, operator],
    [["dev", "--instances", "0"], /--instances: 0 is not valid/],
    [["dev", "--instances", "x"], /'--instances <n>' argument 'x' is invalid/],
    [["dev", "--run", "todo"], /write NAME=COMMAND ARGS/],
    [["dev", "--run", "a=x", "--run", "a=y"], /a has a --run already/],
    [["dev", "--run", "a='x"], /a ' is not closed/],
    [["dev", "--vault-version", "2"], /Allowed choices are 1\.11\.0, 1\.14\.0, path/],
    [["dev", "--vault-version", "1.14.0", "--auth", "app-id"], /1\.14\.0 has no app-id/],
    [["dev", "--vault-nodes", "x"], /'--vault-nodes <n>' argument 'x' is invalid/],
    [["dev", "--vault-nodes", "0"], /--vault-nodes: 0: write a whole number from 1 to 9/],
    [["dev", "--vault-nodes", "10"], /--vault-nodes: 10: write a whole number from 1 to 9/],
    [["dev", "--service", "vault"], /--service: vault is the cluster's own/],
    [["dev", "--data", "DIR"], /--data: .* holds something else: name a new or empty directory/],
    [["dev", "--data", "DIR/garbage"], /--data: .*garbage can't be used as a directory/],
    [["dev", "--no-mysql", "--external-mysql"], /'--external-mysql' cannot be used with option '--no-mysql'/, operator],
    [["dev", "--external-mysql"], /MYSQL_ADMIN_URL: not set; --external-mysql needs/],
    [["dev", "--external-mysql"], /MYSQL_ADMIN_URL: write mysql:\/\//, { MYSQL_ADMIN_URL: "http://a:s3cret@h" }],
    [["dev", "--external-mysql"], /MYSQL_ADMIN_URL: it names a database/, { MYSQL_ADMIN_URL: "mysql://a:s3cret@h/x" }],
    [["dev", "--max-ttl", "1s"], /--lease-ttl: 60s is longer than the max TTL/],
    [["dev", "--lease-ttl", "soon"], /--lease-ttl: "soon" is not a duration/],
    [["doctor", "--timeout", "x"], /--timeout: "x" is not a duration/],
    [["doctor", "--credentials", "todo"], /--credentials: "todo" is not valid; write the path in Vault/],
    [["doctor", "--database", "a b"], /--database: "a b" is not valid/],
    [["doctor", "--mysql", "nowhere"], /--mysql: "nowhere" is not valid; write host:port/],
    [["env"], /service: name the one whose environment you want/],
    [["env", "a", "b"], /too many arguments/],
    [["env", "a", "--export", "--json"], /'--export' cannot be used with option '--json'/],
    [["env", "a", "--export", "--dotenv"], /cannot be used with/],
    [["env", "a", "--dotenv", "--json"], /cannot be used with/],
    [["env", "a", "--cluster", "x"], /'--cluster <pid>' argument 'x' is invalid/],
    [["env", "a", "--cluster", "1"], /--cluster: 1 runs no cluster of yours; there are: none/],
    [["dev", "--service", "To_Do"], /service: "To_Do" is not valid/],
  ])("%j", async (args, message, env = {}) => {
    const result = await runHere(
      args.map((arg) => arg.replace("DIR", directory)),
      env,
    );
    expect(result.stderr).toMatch(message);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(result.stderr).not.toContain("s3cret");
  });
});

test("the command itself does the same", async () => {
  const [wrong, version] = await Promise.all([runCli(["stats"]), runCli(["--version"])]);
  expect(wrong).toEqual({
    code: 2,
    stdout: "",
    stderr: "minicluster: unknown command 'stats' (Did you mean status?)\n",
  });
  expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
});

test("what fails on the way is one line and exit code 1; the stack comes with DEBUG", async () => {
  const args = ["configure", "--service", "todo"];
  const failed = await runCli(args, { env: operator });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/^minicluster: .*127\.0\.0\.1:1.*\n$/);
  const debugged = await runCli(args, { env: { ...operator, DEBUG: "1" } });
  expect(debugged.stderr).toMatch(/\n {4}at /);
  expect(failed.stderr + debugged.stderr).not.toContain("s3cret");
}, 60_000);

test("a keys file is not left behind when nothing was initialised", async () => {
  const file = join(directory, "keys");
  const { code, stderr } = await runCli(["init", "--keys-file", file], { env: operator });
  expect([code, stderr]).toEqual([1, expect.stringContaining("127.0.0.1:1")]);
  await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
});
