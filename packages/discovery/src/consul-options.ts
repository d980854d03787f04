import { type Duration, durationMs, Secret } from "@minicluster/core";
import { DiscoveryError, invalidOption } from "./errors.ts";

export interface ConsulOptions {
  /** The agent, as CONSUL_HTTP_ADDR has it: "127.0.0.1:8500", "http://...", "https://...". Default 127.0.0.1:8500. */
  address?: string | undefined;
  /** The ACL token. A function is asked before every call, so that a new token is picked up. */
  token?: Secret | string | (() => Secret | string | undefined) | undefined;
  /** Authorities to trust, in PEM. Default: Node's own. */
  ca?: string | Buffer | undefined;
  /** https, whatever scheme the address has. */
  ssl?: boolean | undefined;
  /** How long one call may take. Default 5 s. */
  timeout?: Duration | undefined;
  /** How long a blocking query waits, which bounds how stale a quiet connection can be. Default 30 s, at most 60 s. */
  wait?: Duration | undefined;
}

/** Options with their defaults filled in. */
export interface ConsulSettings {
  readonly baseUrl: string;
  readonly token: () => Secret | undefined;
  readonly ca: string | Buffer | undefined;
  readonly timeoutMs: number;
  readonly waitMs: number;
}

/** An agent keeps a slot of its 200 a client until the wait ends, even when the client is gone. */
const longestWaitMs = 60_000;

/** @throws DiscoveryError `INVALID_OPTION` */
export function consulSettings(options: ConsulOptions): ConsulSettings {
  const waitMs = durationMs(options.wait ?? "30s", "wait");
  if (waitMs < 1 || waitMs > longestWaitMs) throw invalidOption(`wait: ${waitMs} ms is not between 1 ms and 60 s`);
  const timeoutMs = durationMs(options.timeout ?? "5s", "timeout");
  if (timeoutMs < 1) throw invalidOption("timeout: must be at least 1 ms");
  const { token, ca } = options;
  return { baseUrl: consulBaseUrl(options.address, options.ssl), token: tokenReader(token), ca, timeoutMs, waitMs };
}

function tokenReader(token: ConsulOptions["token"]): () => Secret | undefined {
  return () => {
    const value = typeof token === "function" ? token() : token;
    return value === undefined || value === "" ? undefined : Secret.of(value);
  };
}

/**
 * The agent's URL without a trailing slash. TLS that was asked for is never given up for an address that says http.
 *
 * @see https://developer.hashicorp.com/consul/commands#environment-variables
 * @throws DiscoveryError `INVALID_OPTION`
 */
function consulBaseUrl(address = "127.0.0.1:8500", ssl = false): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw invalidOption(
      `address: ${scheme}:// is not supported; write host:port, http://host:port or https://host:port`,
    );
  }
  const text = scheme === undefined ? `http://${address}` : address;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || url.search || url.hash || url.username || url.password) {
    throw invalidOption("address: is not an agent's address; write host:port, http://host:port or https://host:port");
  }
  // The port as written: a URL drops the one that its scheme implies, and the scheme may still change.
  const port = /:(\d+)\/*$/.exec(address)?.[1] ?? url.port;
  const implied = scheme === undefined ? "8500" : "";
  const protocol = ssl ? "https:" : url.protocol;
  const host = port || implied ? `${url.hostname}:${port || implied}` : url.hostname;
  return `${protocol}//${host}${url.pathname.replace(/\/+$/, "")}`;
}

const booleans: Readonly<Record<string, boolean>> = {
  "": false,
  "0": false,
  "1": true,
  f: false,
  t: true,
  false: false,
  true: true,
};

/**
 * Consul's settings from an environment, read as Consul's own tools read them: CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN,
 * CONSUL_CACERT (a file of PEM) and CONSUL_HTTP_SSL. Pure: `readFile` does the reading.
 *
 * @throws DiscoveryError `INVALID_ENVIRONMENT`, naming the variable and what to set
 * @example consul(consulOptionsFromEnv(process.env, (path) => readFileSync(path, "utf8")))
 */
export function consulOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  readFile?: (path: string) => string,
): ConsulOptions {
  const ssl = booleans[(env["CONSUL_HTTP_SSL"] ?? "").toLowerCase()];
  if (ssl === undefined) throw invalidVariable("CONSUL_HTTP_SSL", "must be true or false");
  const address = env["CONSUL_HTTP_ADDR"] || undefined;
  try {
    consulBaseUrl(address, ssl);
  } catch (error) {
    throw invalidVariable("CONSUL_HTTP_ADDR", (error as Error).message.replace(/^address: /, ""));
  }
  const token = env["CONSUL_HTTP_TOKEN"];
  return {
    address,
    ssl,
    token: token ? new Secret(token) : undefined,
    ca: authorities(env["CONSUL_CACERT"], readFile),
  };
}

function authorities(path: string | undefined, readFile?: (path: string) => string): string | undefined {
  if (!path) return undefined;
  if (!readFile) throw invalidVariable("CONSUL_CACERT", "can't be read here: no readFile was given");
  try {
    const pem = readFile(path);
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  } catch (error) {
    throw invalidVariable(
      "CONSUL_CACERT",
      `${path} can't be read: ${(error as NodeJS.ErrnoException).code ?? "error"}`,
    );
  }
  throw invalidVariable("CONSUL_CACERT", `${path} holds no certificate in PEM`);
}

function invalidVariable(name: string, problem: string): DiscoveryError {
  return new DiscoveryError("INVALID_ENVIRONMENT", `${name}: ${problem}`);
}
