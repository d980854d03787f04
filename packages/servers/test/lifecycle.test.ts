import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { http } from "../src/http.ts";
import { type ServersError, type StartProcessOptions, startProcess } from "../src/index.ts";

/** A tiny HTTP server: answers its pid, counts its starts in its directory, can be told to ignore SIGTERM. */
const program = `
  const fs = require("node:fs");
  process.on("SIGTERM", () => { if (!process.env.STUBBORN) { console.log("bye"); process.exit(0); } });
  fs.appendFileSync(process.env.DIRECTORY + "/starts", "x");
  require("node:http").createServer((_, answer) => answer.end(String(process.pid)))
    .listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
`;

function web(more: Partial<StartProcessOptions> = {}): StartProcessOptions {
  return {
    name: "web",
    command: process.execPath,
    args: ["-e", program],
    ports: 1,
    env: ({ ports, directory }) => ({ PORT: String(ports[0]), DIRECTORY: directory }),
    ready: ({ ports }, signal) => http({ url: `http://127.0.0.1:${ports[0]}/`, signal }),
    ...more,
  };
}

async function failure(work: Promise<unknown>): Promise<ServersError> {
  return (await work.then(
    () => expect.fail("should have failed"),
    (error: unknown) => error,
  )) as ServersError;
}

describe("a running process", async () => {
  const web1 = await startProcess(web());
  const ask = (): Promise<string> => http({ url: `http://127.0.0.1:${web1.ports[0]}/` }).then(({ text }) => text);
  afterAll(() => web1.close());

  test("answers on its port under its own pid, its log captured", async () => {
    expect(await ask()).toBe(String(web1.pid));
    expect(web1).toMatchObject({ running: true, paused: false });
    expect(web1.log).toBe("listening\n");
  });

  test("keeps port, directory and log over kill and restart", async () => {
    const before = web1.pid;
    const exited = web1.events.once("exited");
    await web1.kill();
    expect(await exited).toMatchObject({ expected: true, signal: "SIGKILL" });
    expect(web1).toMatchObject({ running: false, pid: undefined });
    await expect(ask()).rejects.toThrow("ECONNREFUSED");
    await web1.restart();
    expect(await ask()).toBe(String(web1.pid));
    expect(web1.pid).not.toBe(before);
    expect(readFileSync(`${web1.directory}/starts`, "utf8")).toBe("xx");
    expect(web1.log).toBe("listening\nlistening\n");
  });

  test("stops with SIGTERM, and stopping twice is fine", async () => {
    await Promise.all([web1.stop(), web1.stop()]);
    expect(web1.log).toContain("bye");
    expect(web1.running).toBe(false);
    await web1.restart();
  });

  test("paused, it answers nothing; resumed, it answers what was asked meanwhile; stop() reaches it while paused", async () => {
    await web1.pause();
    expect(web1).toMatchObject({ paused: true, running: true });
    const asked = ask();
    expect(await Promise.race([asked, new Promise((resolve) => setImmediate(resolve, "nothing"))])).toBe("nothing");
    await web1.resume();
    expect(await asked).toBe(String(web1.pid));
    await web1.pause();
    await web1.stop();
    expect(web1).toMatchObject({ paused: false, running: false });
    expect(await failure(web1.pause())).toMatchObject({ code: "NOT_RUNNING" });
    await web1.restart();
  });

  test("says so when it ends by itself", async () => {
    const exited = web1.events.once("exited");
    process.kill(web1.pid ?? 0, "SIGKILL");
    expect(await exited).toMatchObject({ expected: false, signal: "SIGKILL" });
    await web1.restart();
    expect(web1.running).toBe(true);
  });

  test("kill() ends a slow stop at once", async () => {
    const stubborn = await startProcess(
      web({ env: ({ ports, directory }) => ({ PORT: `${ports[0]}`, DIRECTORY: directory, STUBBORN: "1" }) }),
    );
    const stopped = stubborn.stop();
    const started = performance.now();
    await stubborn.kill();
    await stopped;
    expect(performance.now() - started).toBeLessThan(5_000);
    await stubborn.close();
  });

  test("stop() ends by force what doesn't end within its stop timeout", async () => {
    const env: StartProcessOptions["env"] = ({ ports, directory }) => ({
      PORT: `${ports[0]}`,
      DIRECTORY: directory,
      STUBBORN: "1",
    });
    await using stubborn = await startProcess(web({ env, stopTimeout: "100ms" }));
    const exited = stubborn.events.once("exited");
    await stubborn.stop();
    expect(await exited).toMatchObject({ expected: true, signal: "SIGKILL" });
  });

  test("close() any number of times leaves no process, directory or port, and keeps the log", async () => {
    const { pid, directory } = web1;
    await Promise.all([web1.close(), web1.close()]);
    await web1.close();
    expect(() => process.kill(pid ?? 0, 0)).toThrow("ESRCH");
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(dirname(directory))).toBe(false);
    expect(web1.log).toContain("bye");
    expect(await failure(web1.restart())).toMatchObject({ code: "CLOSED" });
  });
});

describe("a start that fails", () => {
  test("names the program and the end of its log when it ends early", async () => {
    const args = ["-e", 'console.error("no such setting"); process.exit(3)'];
    const error = await failure(startProcess(web({ args })));
    expect(error).toMatchObject({ code: "START_FAILED", kind: "unreachable" });
    expect(error.message).toContain(process.execPath);
    expect(error.message).toContain("exit code 3");
    expect(error.message).toContain("no such setting");
  });

  test("names the deadline, the last reason and the end of its log when it is not ready in time", async () => {
    const args = ["-e", 'console.log("still warming up"); setInterval(() => {}, 1e6)'];
    const error = await failure(startProcess(web({ args, readyTimeout: "500ms" })));
    expect(error).toMatchObject({ code: "NOT_READY" });
    expect(error.message).toMatch(/not ready within 500 ms \(.*ECONNREFUSED.*\)/);
    expect(error.message).toContain("still warming up");
  });

  test("names a program that doesn't exist", async () => {
    const error = await failure(startProcess(web({ command: "/nonexistent/program" })));
    expect(error).toMatchObject({ code: "START_FAILED" });
    expect(error.message).toContain("/nonexistent/program");
  });

  test("is ended by the signal, and leaves nothing", async () => {
    const controller = new AbortController();
    let directory = "";
    const started = startProcess(
      web({
        signal: controller.signal,
        ready: async (place) => {
          directory = place.directory;
          controller.abort(new Error("changed my mind"));
          return false;
        },
      }),
    );
    await expect(started).rejects.toThrow("changed my mind");
    expect(existsSync(directory)).toBe(false);
  });

  test("is tried again on other ports when somebody took one in between", async () => {
    const seen: (number | undefined)[] = [];
    const once = (port: number | undefined): string[] => {
      seen.push(port);
      return seen.length === 1
        ? ["-e", 'throw new Error("listen EADDRINUSE: address already in use")']
        : ["-e", program];
    };
    await using second = await startProcess(web({ args: ({ ports }) => once(ports[0]) }));
    expect(second.ports[0]).toBe(seen[1]);
    expect(seen[1]).not.toBe(seen[0]);
  });
});

test("a child gets the given environment and little else", async () => {
  process.env.PRIVATE_OF_THE_PARENT = "x";
  const args = ["-e", "console.log(Object.keys(process.env).sort().join()); setInterval(() => {}, 1e6)"];
  await using child = await startProcess({
    name: "env",
    command: process.execPath,
    args,
    env: { GIVEN: "1" },
    ready: async ({ directory }) => readFileSync(`${directory}/log`, "utf8").includes("\n"),
  });
  expect(child.log).toMatch(/^GIVEN,HOME,LANG,(OLDPWD,)?PATH,PWD\n$/);
});
