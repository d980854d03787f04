import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const bin = fileURLToPath(new URL("../bin/minicluster-todo.js", import.meta.url));

/** Where nobody listens: port 1 of this machine. */
const nobody = {
  CONSUL_HTTP_ADDR: "http://127.0.0.1:1",
  VAULT_ADDR: "http://127.0.0.1:1",
  VAULT_TOKEN: "hvs.the-token-of-this-test",
  BIND: "127.0.0.1:0",
};

/** The built service as a process with just this environment; its lines as they come. */
function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [bin], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  const lines = (): Record<string, unknown>[] =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const next = (event: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = text.includes(`"${event}"`) && lines().find((each) => each["event"] === event);
        if (line) resolve(line);
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without ${event}: ${text}`)));
    });
  return { child, ended, lines, next, text: () => text };
}

it.each([
  ["BIND", { BIND: "8080" }],
  ["BIND", { BIND: "127.0.0.1:70000" }],
  ["MYSQL_CREDENTIALS", { MYSQL_CREDENTIALS: "creds" }],
  ["MYSQL_DATABASE", { MYSQL_DATABASE: "to do" }],
  ["MYSQL_SERVICE", { MYSQL_SERVICE: "my_sql" }],
  ["CONSUL_HTTP_ADDR", { CONSUL_HTTP_ADDR: "not a url" }],
  ["VAULT_ADDR", { VAULT_ADDR: "not a url" }],
  ["VAULT_APP_ID", { VAULT_APP_ID: "todo", VAULT_USER_ID: "user", VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "secret" }],
  ["VAULT_USER_ID", { VAULT_APP_ID: "todo" }],
  ["VAULT_SECRET_ID", { VAULT_ROLE_ID: "role" }],
  ["VAULT_TOKEN", { VAULT_TOKEN: "" }],
])("ends at a bad %s with one line that names it and exit code 2", async (name, env) => {
  const { ended, lines, text } = start({ ...nobody, ...env });
  expect([await ended, text()]).toEqual([[2, null], expect.anything()]);
  expect(lines()).toEqual([expect.objectContaining({ level: "fatal", event: "setting.invalid" })]);
  expect(lines()[0]?.["msg"]).toContain(name);
  expect(text()).not.toContain(nobody.VAULT_TOKEN);
});

it("ends with exit code 1 and one line when its port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const { ended, lines } = start({ ...nobody, BIND: `127.0.0.1:${port}` });
  expect(await ended).toEqual([1, null]);
  const fatal = lines().filter(({ level }) => level === "fatal");
  expect(fatal).toEqual([expect.objectContaining({ event: "service.not_started" })]);
  expect(fatal[0]?.["msg"]).toContain(`BIND: can't listen on 127.0.0.1:${port}: another process listens there`);
  other.close();
});

it("stays up and critical without Consul, Vault and MySQL, and ends in order at SIGTERM within 10 s", async () => {
  const { child, ended, next, text } = start(nobody);
  const { port } = await next("service.started");
  const url = `http://127.0.0.1:${port}`;
  const health = await fetch(`${url}/health`);
  expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([503, "critical"]);
  const started = performance.now();
  const answer = await fetch(`${url}/todo`, { method: "POST", body: '{"content":"x"}' });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(performance.now() - started).toBeLessThan(1_000);
  const asked = performance.now();
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(text()).toContain('"service.stopped"');
  expect(text()).not.toContain(nobody.VAULT_TOKEN);
});

it("ends at once at a second signal", async () => {
  const { child, ended, next } = start(nobody);
  await next("service.started");
  child.kill("SIGTERM");
  await next("service.stopping");
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
});
