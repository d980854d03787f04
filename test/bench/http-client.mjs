// Requests over connections that stay open, with as little between as there can be.
import { Agent, request } from "node:http";

/** @typedef {{ status: number, headers: import("node:http").IncomingHttpHeaders, text: string }} Answer */

/** @param {string} base @param {Record<string, string>} [headers] */
export function httpClient(base, headers = {}) {
  // An agent of Consul allows one address 200, and others want some.
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  /**
   * @param {string} method @param {string} path @param {unknown} [body] @param {object} [more] of node's request
   * @returns {Promise<Answer>} rejects for a status from 400 on
   */
  const call = (method, path, body, more = {}) =>
    new Promise((resolve, reject) => {
      const sent = request(base + path, { method, agent, headers, ...more }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          if (status < 400) return resolve({ status, headers: answer.headers, text });
          return reject(new Error(`${method} ${path}: ${status} ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
    });
  return { call, end: () => agent.destroy() };
}

/**
 * Announces an instance whose check nobody makes: it stays as it is told.
 *
 * @param {ReturnType<typeof httpClient>["call"]} call of an agent
 * @param {{ name: string, id?: string, port?: number }} service
 */
export async function announce(call, { name, id = name, port = 1_234 }) {
  const Check = { TTL: "1h", Status: "passing" };
  await call("PUT", "/v1/agent/service/register", { Name: name, ID: id, Address: "127.0.0.1", Port: port, Check });
}
