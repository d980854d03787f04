import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { sendNothing } from "../src/answer.ts";
import { type ClientTimeouts, TodoServer } from "../src/server.ts";

const local = { host: "127.0.0.1", port: 0 };
const servers: TodoServer[] = [];

interface Held {
  server: TodoServer;
  port: number;
  /** The first request is with the handler. */
  arrived: Promise<void>;
  answer: () => void;
}

/** A server whose answers wait until `answer()`. */
async function held(timeouts: Partial<ClientTimeouts> = {}): Promise<Held> {
  const answered = new Bell();
  const arrived = new Bell();
  const listener = (_request: unknown, response: ServerResponse): void => {
    arrived.ring();
    void answered.rung.then(() => sendNothing(response));
  };
  const server = new TodoServer(listener, { timeouts });
  servers.push(server);
  return { server, port: (await server.listen(local)).port, arrived: arrived.rung, answer: answered.ring };
}

class Bell {
  ring: () => void = () => {};
  readonly rung: Promise<void> = new Promise((resolve) => {
    this.ring = resolve;
  });
}

/** What the server says until it closes the connection, or `until` was said. */
async function said(socket: Socket, until?: string): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (until && text.endsWith(until)) break;
  }
  return text;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.drain(0)));
});

describe("TodoServer", () => {
  it("says no more headers than the first todo service did", async () => {
    const { port, answer } = await held();
    answer();
    const socket = connect(port, "127.0.0.1");
    socket.write("DELETE /todo/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const first = await said(socket, "\r\n\r\n");
    expect(first.replace(/^Date: .*GMT/m, "Date: now")).toBe(
      "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\nDate: now\r\n\r\n",
    );
    // And the connection goes on.
    socket.write("DELETE /todo/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await said(socket, "\r\n\r\n")).toContain("204 No Content");
    socket.destroy();
  });

  it("tells a HTTP/1.0 client that it keeps the connection", async () => {
    const { port, answer } = await held();
    answer();
    const socket = connect(port, "127.0.0.1");
    socket.write("DELETE /todo/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(await said(socket, "\r\n\r\n")).toMatch(/Connection: (keep-alive|close)\r\n/);
    socket.destroy();
  });

  it("finishes what is in flight when it drains, and takes nothing new", async () => {
    const { server, port, arrived, answer } = await held();
    const [busy, idle] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    busy.write("DELETE /todo/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await Promise.all([once(idle, "connect"), arrived]);
    const started = performance.now();
    const drained = server.drain(5_000);
    const refused = connect(port, "127.0.0.1");
    await expect(once(refused, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    answer();
    expect(await said(busy)).toContain("204 No Content");
    await drained;
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("tells clients to go elsewhere before it stops listening", async () => {
    const { server, port, answer } = await held();
    answer();
    server.lastCalls();
    const socket = connect(port, "127.0.0.1");
    socket.write("DELETE /todo/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await said(socket)).toContain("Connection: close\r\n");
  });

  it("cuts off what is not finished at the deadline", async () => {
    const { server, port, arrived } = await held();
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("DELETE /todo/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await arrived;
    await server.drain(100);
    await once(socket.resume(), "close");
  });

  it("drains any number of times, also without ever having listened", async () => {
    const server = new TodoServer(() => {});
    await server.drain(1_000);
    await Promise.all([server.drain(1_000), server.drain(1_000)]);
  });

  it("says why it can't listen, and what to set", async () => {
    const { port } = await held();
    const second = new TodoServer(() => {});
    await expect(second.listen({ ...local, port })).rejects.toMatchObject({
      code: "CANNOT_LISTEN",
      message: `BIND: can't listen on 127.0.0.1:${port}: another process listens there; stop it, or set BIND to another port`,
    });
    const elsewhere = new TodoServer(() => {});
    await expect(elsewhere.listen({ host: "192.0.2.1", port: 0 })).rejects.toThrow(/no such address/);
  });

  it("cuts off a client that sends its headers or its body too slowly", async () => {
    const { port } = await held({ headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 100 });
    const slow = ["POST /todo HT", "POST /todo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{"].map(async (text) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(text);
      const started = performance.now();
      const answer = await said(socket);
      return [answer.split("\r\n")[0], performance.now() - started] as const;
    });
    for (const [status, ms] of await Promise.all(slow)) {
      expect(status).toBe("HTTP/1.1 408 Request Timeout");
      expect(ms).toBeLessThan(2_000);
    }
  });
});
