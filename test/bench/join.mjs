// How long from join() to the first query, against the same network calls by hand?
//
//   node test/bench/join.mjs [--check] [--quick] [--pairs 40] [--engine embedded|real]
import { Cluster } from "@minicluster/sdk";
import mysql from "mysql2/promise";
import { Agent, fetch } from "undici";
import { clusterProcess } from "./cluster-process.mjs";
import { packageVersion } from "./machine.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { median, spread } from "./spread.mjs";
import { withServer } from "./with-server.mjs";

const bar = { most: 1.2 };

/** @param {Record<string, string>} env @returns {Promise<number>} milliseconds until the answer */
async function ours(env) {
  const started = performance.now();
  const cluster = await Cluster.join({ env });
  const db = cluster.mysql({ credentials: env["MYSQL_CREDENTIALS"] ?? "", database: env["MYSQL_DATABASE"] ?? "" });
  await db.query("SELECT 1 AS one");
  const took = performance.now() - started;
  await cluster.leave();
  return took;
}

/** Everything that can be done at once is. @param {Record<string, string>} env @returns {Promise<number>} */
async function byHand(env) {
  const started = performance.now();
  // A service that starts has no open connections either.
  const dispatcher = new Agent();
  const call = async (
    /** @type {string} */ url,
    /** @type {{ token?: string, body?: object }} */ { token, body } = {},
  ) => {
    const answer = await fetch(url, {
      dispatcher,
      method: body ? "POST" : "GET",
      headers: token ? { "x-vault-token": token } : {},
      body: body ? JSON.stringify(body) : null,
    });
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : /** @type {Promise<any>} */ (answer.json());
  };
  const find = async (/** @type {string} */ service) => {
    const [found] = await call(
      `http://${env["CONSUL_HTTP_ADDR"]?.replace("http://", "")}/v1/health/service/${service}`,
    );
    return { host: found.Service.Address, port: found.Service.Port };
  };
  const logIn = async () => {
    const { host, port } = await find("vault?passing&tag=active");
    const vault = `http://${host}:${port}/v1`;
    const body = { app_id: env["VAULT_APP_ID"], user_id: env["VAULT_USER_ID"] };
    const { auth } = await call(`${vault}/auth/app-id/login`, { body });
    const { data, lease_id } = await call(`${vault}/${env["MYSQL_CREDENTIALS"]}`, { token: auth.client_token });
    return { vault, token: auth.client_token, lease_id, ...data };
  };
  const [login, address] = await Promise.all([logIn(), find(`${env["MYSQL_SERVICE"] ?? "mysql"}?passing`)]);
  const { vault, token, lease_id, username: user, password } = login;
  const connection = await mysql.createConnection({
    ...address,
    user,
    password,
    database: env["MYSQL_DATABASE"] ?? "",
  });
  await connection.query("SELECT 1 AS one");
  const took = performance.now() - started;
  await connection.end();
  await call(`${vault}/sys/leases/revoke/${lease_id}`, { token, body: {} });
  await call(`${vault}/auth/token/revoke-self`, { token, body: {} });
  await dispatcher.close();
  return took;
}

/** @param {{ cluster: import("./cluster-process.mjs").Place, pairs: number, engine: string }} options */
async function measure({ cluster, pairs, engine }) {
  const { env } = cluster;
  /** @type {{ ours: number, byHand: number }[]} */
  const taken = [];
  for (let pair = -5; pair < pairs; pair += 1) {
    const first = pair % 2 ? await ours(env) : await byHand(env);
    const other = pair % 2 ? await byHand(env) : await ours(env);
    const both = pair % 2 ? { ours: first, byHand: other } : { ours: other, byHand: first };
    if (pair >= 0) taken.push(both);
  }
  return {
    rows: [
      row({
        question: "join() to the first query, against its network calls by hand",
        ours: { value: median(taken.map((pair) => pair.ours)), unit: "ms" },
        peer: { value: median(taken.map((pair) => pair.byHand)), unit: "ms" },
        figure: spread(taken.map((pair) => pair.ours / pair.byHand)),
        bar,
      }),
    ],
    runs: `median of ${pairs} interleaved pairs in one process, modules loaded; ${engine} Consul and Vault in another process`,
    versions: [`MariaDB ${cluster.version}`, packageVersion("mysql2"), packageVersion("undici")],
  };
}

await program({
  title: "How long from join() to the first query?",
  options: { pairs: { type: "string" }, engine: { type: "string" } },
  measure({ quick, values: { pairs = quick ? 3 : 60, engine } }) {
    const kind = engine === "real" ? "real" : "embedded";
    return withServer(clusterProcess({ engine: kind }), (cluster) =>
      measure({ cluster, pairs: Number(pairs), engine: kind }),
    );
  },
});
