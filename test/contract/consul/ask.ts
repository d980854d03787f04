import { request } from "node:http";
import type { Consul } from "@minicluster/servers";

export interface Question {
  /** Sent as JSON, or as it is when it is text. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export interface Reply {
  status: number;
  /** Consul's own ones, Allow, Location and the content type, by lower-case name. */
  headers: Record<string, string>;
  /** Parsed, where it is JSON. */
  body: unknown;
}

const told = /^(x-consul-(?!index|lastcontact)|allow|location|content-type)/;

/**
 * One question on a connection of its own; see {@link indexed} for X-Consul-Index, which differs by chance.
 *
 * @example await ask(agent, "PUT /v1/agent/service/register", { body: { Name: "web" } })
 */
export async function ask(consul: Consul, what: string, question: Question = {}): Promise<Reply> {
  return (await raw(consul, what, question)).reply;
}

/** The reply, and the index it is at. */
export async function indexed(
  consul: Consul,
  what: string,
  question: Question = {},
): Promise<Reply & { index: number }> {
  const { reply, index } = await raw(consul, what, question);
  return { ...reply, index };
}

function raw(consul: Consul, what: string, question: Question): Promise<{ reply: Reply; index: number }> {
  const [method = "GET", path = "/"] = what.split(/ (.*)/s, 2);
  const { body, headers, signal } = question;
  const options = { method, agent: false, ...(headers && { headers }), ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(consul.address).origin + path, options);
    sent.on("error", reject);
    sent.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const kept = Object.entries(answer.headers).filter(([name]) => told.test(name));
        const isJson = answer.headers["content-type"] === "application/json";
        const reply = {
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(kept) as Record<string, string>,
          body: isJson ? JSON.parse(text) : text,
        };
        resolve({ reply, index: Number(answer.headers["x-consul-index"] ?? 0) });
      });
    });
    sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}
