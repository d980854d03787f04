import type { Meter } from "./meter.ts";
import { openLoop } from "./open-loop.ts";

export interface HttpLoadOptions {
  /** Sends one request to todo: `fetch` bound to an address, or a client that discovers one. */
  send: (
    path: string,
    init?: { method?: string; body?: string },
  ) => Promise<{ ok: boolean; status: number; text(): Promise<string> }>;
  meter: Meter;
  /** Calls a second. Default 100. */
  rate?: number;
  signal: AbortSignal;
}

/** A third of the calls create a todo, the others read one page; an answer of 4xx or 5xx is a failure. */
export async function httpLoad({ send, meter, rate = 100, signal }: HttpLoadOptions): Promise<void> {
  await openLoop({
    meter,
    rate,
    signal,
    kind: (number) => (number % 3 === 0 ? "POST" : "GET"),
    call: async (number) => {
      const response =
        number % 3 === 0
          ? await send("/todo", { method: "POST", body: JSON.stringify({ status: "new", content: `load ${number}` }) })
          : await send("/todo?limit=5");
      const body = await response.text();
      if (!response.ok) throw problem(response.status, body);
    },
  });
}

/** With the code that a problem body (RFC 9457) of todo has. */
function problem(status: number, body: string): Error {
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return Object.assign(new Error(`${status} ${body.slice(0, 200)}`), code === undefined ? {} : { code });
}
