import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { requireLeg } from "@minicluster/servers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { served } from "./fixture.ts";

const missing = await requireLeg("mariadb");
const runs = { numRuns: 300 };

describe.skipIf(missing)(`random input${missing ? ` (${missing})` : ""}`, () => {
  const todo = served("fuzz");
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer(todo.app).listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** Sends and says the status; whatever was refused must have changed nothing. */
  async function send(method: string, path: string, body?: Uint8Array<ArrayBuffer> | string): Promise<number> {
    const before = await todo.rows();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body ?? null });
    const text = await response.text();
    expect(response.status, text).toBeLessThan(500);
    if (response.status >= 400) {
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(text)).toMatchObject({ status: response.status, type: "about:blank" });
      expect(await todo.rows()).toEqual(before);
    }
    return response.status;
  }

  const field = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.jsonValue(), fc.constant(undefined));
  const todoLike = fc.record({ id: fc.jsonValue(), status: field, content: field }, { requiredKeys: [] });
  const body = fc.oneof(
    todoLike.map((value) => JSON.stringify(value)),
    fc.json(),
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => new Uint8Array(bytes)),
  );

  it("as a body is stored as it was sent, or refused", async () => {
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        const created = await send("POST", "/todo", value);
        expect([201, 400]).toContain(created);
        expect([200, 400, 404]).toContain(await send("PUT", "/todo/1", value));
      }),
      runs,
    );
  });

  it("as well-formed text comes back as it was sent", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, text, async (status, content) => {
        const url = `http://127.0.0.1:${port}/todo`;
        const post = await fetch(url, { method: "POST", body: JSON.stringify({ status, content }) });
        const { id, ...rest } = (await post.json()) as { id: number };
        expect(rest).toEqual({ status, content });
        expect(await (await fetch(`${url}/${id}`)).json()).toEqual({ id, status, content });
      }),
      runs,
    );
  });

  it("as an id or a query is answered below 500", async () => {
    await send("POST", "/todo", '{"content":"x"}');
    const id = fc.oneof(
      fc.string({ unit: "binary" }).map(encodeSafely),
      fc.bigInt().map(String),
      fc.double().map(String),
    );
    const query = fc.dictionary(
      fc.constantFrom("limit", "after", "x", "__proto__"),
      fc.oneof(fc.string(), fc.integer().map(String)),
    );
    await fc.assert(
      fc.asyncProperty(id, query, async (value, params) => {
        await send("GET", `/todo/${value}`);
        await send("PUT", `/todo/${value}`, '{"content":"y"}');
        await send("GET", `/todo?${new URLSearchParams(params)}`);
      }),
      runs,
    );
  });

  it("as bytes on the socket crashes nothing", async () => {
    const start = fc.constantFrom(
      "POST /todo HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n",
      "GET /todo",
      "PUT /todo/1 HTTP/1.0\r\n",
      "",
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, bytes) => {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => {});
        socket.write(head);
        socket.end(bytes);
        socket.resume();
        await once(socket, "close");
      }),
      runs,
    );
    expect(await todo.rows()).toEqual([]);
    expect(await send("GET", "/todo")).toBe(200);
    expect(todo.lines.events()).toEqual(["table.ready"]);
  });
});

function encodeSafely(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}
