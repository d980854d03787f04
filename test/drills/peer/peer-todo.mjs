// The todo service by hand, behind a client that is written as the READMEs of node-vault and mysql2 say.
import { once } from "node:events";
import { createServer } from "node:http";
import { naiveClient } from "../../load/naive-client.mjs";
import { todoByHand } from "../../load/todo-by-hand.mjs";

const { BIND = "127.0.0.1:0", CONSUL_HTTP_ADDR: agent = "" } = process.env;
const [host = "", port] = BIND.split(":");
const id = `todo-${port}`;
const { pool } = await naiveClient({ env: process.env, onError: (error) => console.error(String(error)) });
const server = createServer(await todoByHand(pool));
server.listen(Number(port), host);
await once(server, "listening");
const check = { HTTP: `http://${BIND}/health`, Interval: "5s" };
await tell("register", { ID: id, Name: "todo", Address: host, Port: Number(port), Check: check });

process.on("SIGTERM", async () => {
  await tell(`deregister/${id}`).catch(() => {});
  server.close();
  server.closeIdleConnections();
  await pool.end();
  process.exit(0);
});

/** @param {string} what @param {object} [body] */
async function tell(what, body) {
  await fetch(`${agent}/v1/agent/service/${what}`, { method: "PUT", body: body ? JSON.stringify(body) : null });
}
