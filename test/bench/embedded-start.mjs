// How long until a development cluster can be used, and what it weighs?
//
//   node test/bench/embedded-start.mjs [--check] [--quick] [--runs 5]
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startMariadb } from "@minicluster/servers";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { median, spread } from "./spread.mjs";

const bars = { start: { most: 300 }, added: { most: 60 }, firstCurl: { most: 3_000 } };
const root = fileURLToPath(new URL("../..", import.meta.url));
const once = fileURLToPath(new URL("embedded-start-once.mjs", import.meta.url));

/** @param {number} runs */
async function measure(runs) {
  const mariadb = await startMariadb();
  /** @type {{ startMs: number, cpuMs: number, againMs: number, addedMb: number }[]} */
  const starts = [];
  try {
    const { host, port, rootUser, rootPassword } = mariadb;
    const url = `mysql://${rootUser}:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`;
    for (let n = 0; n < runs; n += 1) starts.push(JSON.parse(await output([once], { MYSQL_ADMIN_URL: url })));
  } finally {
    await mariadb.close();
  }
  // The first one builds what is stale and warms what the system caches.
  const curls = [];
  for (let n = 0; n <= runs; n += 1) curls.push(await firstCurl());
  const of = (/** @type {"startMs" | "againMs" | "addedMb"} */ name) => spread(starts.map((start) => start[name]));
  return {
    rows: [
      row({
        question: "embedded Consul and two Vaults, from nothing to configured",
        figure: of("startMs"),
        unit: "ms",
        bar: bars.start,
      }),
      row({ question: "the same, once more in the same process", figure: of("againMs"), unit: "ms", bar: bars.start }),
      row({ question: "memory that they add to it (resident)", figure: of("addedMb"), unit: "MB", bar: bars.added }),
      row({
        question: "npm start to the first good curl, everything installed",
        figure: spread(curls.slice(1)),
        unit: "ms",
        bar: bars.firstCurl,
      }),
    ],
    runs: `median of ${runs} runs`,
    versions: [`MariaDB ${mariadb.version}`],
    details: [
      `of the first start ${median(starts.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms are this process's own CPU time`,
    ],
  };
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

await program({
  title: "How long until a development cluster can be used, and what does it weigh?",
  options: { runs: { type: "string" } },
  measure: ({ quick, values: { runs = quick ? 1 : 5 } }) => measure(Number(runs)),
});
