// How long until a development cluster can be used, and what it weighs?
//
//   node test/bench/embedded-start.mjs [--check] [--runs 5]
import { spawn } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startMariadb } from "@minicluster/servers";
import { machine, median } from "./machine.mjs";

/** What `--check` asks for. */
const bars = { startMs: 300, addedMb: 60, firstCurlMs: 3_000 };
const root = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("embedded-start-once.mjs", import.meta.url));

/**
 * @param {{ check?: boolean, runs?: number, print?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, rows: object[] }>}
 */
export async function run({ check = false, runs = 5, print = console.log } = {}) {
  const mariadb = await startMariadb();
  /** @type {{ version: string, startMs: number, cpuMs: number, againMs: number, addedMb: number }[]} */
  const starts = [];
  /** @type {number[]} */
  const curls = [];
  try {
    const { host, port, rootUser, rootPassword } = mariadb;
    const url = `mysql://${rootUser}:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`;
    for (let n = 0; n < runs; n += 1) starts.push(JSON.parse(await output([program], { MYSQL_ADMIN_URL: url })));
  } finally {
    await mariadb.close();
  }
  // The first one builds what is stale and warms what the system caches.
  for (let n = 0; n <= runs; n += 1) curls.push(await firstCurl());
  const of = (/** @type {"startMs" | "cpuMs" | "againMs" | "addedMb"} */ name) =>
    median(starts.map((start) => start[name]));
  const rows = [
    {
      what: "embedded Consul and two Vaults: started, unsealed and configured, in a new process",
      value: of("startMs"),
      unit: "ms",
      bar: bars.startMs,
    },
    { what: "the same, once more in the same process", value: of("againMs"), unit: "ms", bar: bars.startMs },
    { what: "memory that they add to it (resident)", value: of("addedMb"), unit: "MB", bar: bars.addedMb },
    {
      what: "npm start to the first good curl, everything installed",
      value: median(curls.slice(1)),
      unit: "ms",
      bar: bars.firstCurlMs,
    },
  ];
  print(`embedded cluster: medians of ${runs} runs`);
  print(machine([`MariaDB ${mariadb.version}`]));
  print(
    `  load ${loadavg()[0]?.toFixed(1)} while measuring; of the first start ${of("cpuMs").toFixed(0)} ms are this process's own`,
  );
  for (const { what, value, unit, bar } of rows) {
    print(`  ${what.padEnd(80)}${value.toFixed(0).padStart(6)} ${unit}   (bar: ${bar} ${unit})`);
  }
  const ok = rows.every(({ value, bar }) => value < bar);
  if (check && !ok) print("below the bar");
  return { ok: ok || !check, rows };
}

/** From the command to the answer that a person would see. */
async function firstCurl() {
  const started = performance.now();
  const child = spawn("npm", ["start"], { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  let said = "";
  try {
    const line = await new Promise((resolve, reject) => {
      const take = (/** @type {Buffer} */ chunk) => {
        said += chunk;
        const found = /^curl -X POST (\S+) -d '(.*)'$/m.exec(said);
        if (found) resolve(found);
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      void closed.then(() => reject(new Error(`npm start ended:\n${said}`)));
    });
    const answer = await fetch(line[1], { method: "POST", body: line[2] });
    if (answer.status !== 201) throw new Error(`${line[0]}: ${answer.status} ${await answer.text()}`);
    return performance.now() - started;
  } finally {
    // npm and what it started, as Ctrl-C does.
    if (child.pid) process.kill(-child.pid, "SIGINT");
    await closed;
  }
}

/**
 * @param {readonly string[]} args
 * @param {Record<string, string>} env
 * @returns {Promise<string>}
 */
async function output(args, env) {
  const child = spawn(process.execPath, ["--expose-gc", ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  return text;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf("--runs");
  const runs = at > 0 ? Number(process.argv[at + 1]) : 5;
  const { ok } = await run({ check: process.argv.includes("--check"), runs });
  process.exitCode = ok ? 0 : 1;
}
