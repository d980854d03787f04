import { request } from "node:http";

export interface HttpCall {
  url: string;
  method?: "GET" | "PUT" | "POST" | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  text: string;
  /** @throws SyntaxError when the body is not JSON */
  json(): unknown;
}

/** One request on a connection of its own, so that no socket stays behind. */
export function http(call: HttpCall): Promise<HttpAnswer> {
  const { url, method = "GET", headers, body, signal } = call;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, ...(headers && { headers }), ...(signal && { signal }) });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, json: (): unknown => JSON.parse(text) }));
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
