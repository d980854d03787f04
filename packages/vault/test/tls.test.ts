import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VaultClient } from "../src/client.ts";
import { FakeVault } from "./fake-vault.ts";

const openssl = hasOpenssl();
const token = "hvs.a-token-for-tls-only";

describe.skipIf(!openssl)("over TLS", () => {
  let folder: string;
  let cert: string;
  let server: Server;
  let plain: FakeVault;
  let location = "";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "minicluster-vault-"));
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=vault", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
    execFileSync("openssl", ["req", "-x509", ...key, "-out", certFile, ...subject], { stdio: "ignore" });
    cert = readFileSync(certFile, "utf8");
    plain = await FakeVault.start();
    server = createServer({ key: readFileSync(keyFile), cert }, (request, response) => {
      if (request.url === "/v1/sys/leader")
        return void response.end(JSON.stringify({ leader_address: new URL(location).origin }));
      if (location) return void response.writeHead(307, { location }).end();
      response.end(JSON.stringify({ data: { secure: true } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await plain.close();
    rmSync(folder, { recursive: true });
  });

  const address = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  test("the authority that is given is trusted", async () => {
    await using client = new VaultClient({ address: address(), ca: cert, token });
    expect(await client.read("secret/x")).toEqual({ data: { secure: true } });
  });

  test("another authority's certificate is unreachable, and nothing was sent", async () => {
    await using client = new VaultClient({ address: address(), token });
    await expect(client.write("secret/x", {})).rejects.toMatchObject({
      code: "VAULT_UNREACHABLE",
      kind: "unreachable",
      mayHaveIssued: false,
      message: expect.stringContaining("SELF_SIGNED"),
    });
  });

  test("a redirect to http gets no token, though sys/leader names it", async () => {
    location = `${plain.address}/v1/secret/x`;
    await using client = new VaultClient({ address: address(), ca: cert, token });
    await expect(client.read("secret/x")).rejects.toMatchObject({
      code: "VAULT_REDIRECT_REFUSED",
      message: expect.stringContaining("from https to http"),
    });
    expect(plain.seen).toHaveLength(0);
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
