import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A server that checks ask. */
export interface CheckTarget {
  url: string;
  address: string;
  seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
  /** What it answers next; undefined: nothing at all. */
  answer: { status: number; body?: string; location?: string } | undefined;
  close: () => Promise<void>;
}

/** Opens one on a free port; with `tls`, it made up its certificate itself. */
export async function checkTarget(tls = false): Promise<CheckTarget> {
  const self: CheckTarget = {
    url: "",
    address: "",
    seen: [],
    answer: { status: 200, body: "fine" },
    close: async () => {},
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      self.seen.push({ method, url, headers, body });
      if (!self.answer) return;
      const { location } = self.answer;
      const elsewhere = location !== undefined && url !== "/health";
      response.writeHead(elsewhere ? 200 : self.answer.status, location === undefined ? {} : { Location: location });
      response.end(self.answer.body);
    });
  };
  const server = tls ? createTlsServer(await identity(), onRequest) : createServer(onRequest);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  self.address = `127.0.0.1:${port}`;
  self.url = `${tls ? "https" : "http"}://${self.address}/health`;
  self.close = async () => {
    server.close();
    server.closeAllConnections();
  };
  return self;
}

async function identity(): Promise<{ key: Buffer; cert: Buffer }> {
  const directory = await mkdtemp(join(tmpdir(), "contract-tls-"));
  try {
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const subject = ["-subj", "/CN=target", "-addext", "subjectAltName=IP:127.0.0.1"];
    await promisify(execFile)("openssl", ["req", "-x509", ...newKey, ...subject, "-keyout", key, "-out", cert]);
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(directory, { recursive: true });
  }
}
