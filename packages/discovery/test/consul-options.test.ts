import { Secret } from "@minicluster/core";
import { describe, expect, it } from "vitest";
import { consulOptionsFromEnv, consulSettings } from "../src/consul-options.ts";
import { dnsOptionsFromEnv, dnsSettings } from "../src/dns-options.ts";
import { DiscoveryError } from "../src/errors.ts";

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("the agent's address is read as Consul's own tools read it", () => {
  const rows: [address: string | undefined, ssl: boolean, url: string][] = [
    [undefined, false, "http://127.0.0.1:8500"],
    ["127.0.0.1:8500", false, "http://127.0.0.1:8500"],
    ["10.0.0.1", false, "http://10.0.0.1:8500"],
    ["consul.example:80", false, "http://consul.example:80"],
    ["http://consul.example", false, "http://consul.example"],
    ["http://127.0.0.1:8500/", false, "http://127.0.0.1:8500"],
    ["https://consul.example:8501", false, "https://consul.example:8501"],
    ["https://consul.example/prefix/", false, "https://consul.example/prefix"],
    ["127.0.0.1:8501", true, "https://127.0.0.1:8501"],
    ["http://127.0.0.1:8501", true, "https://127.0.0.1:8501"],
    ["http://127.0.0.1:80", true, "https://127.0.0.1:80"],
    ["[::1]:8500", false, "http://[::1]:8500"],
  ];
  it.each(rows)("%s with ssl %s is %s", (address, ssl, url) => {
    expect(consulSettings({ address, ssl }).baseUrl).toBe(url);
  });
});

describe("a wrong setting is one error that names the variable", () => {
  const rows: [env: Record<string, string>, message: RegExp][] = [
    [{ CONSUL_HTTP_ADDR: "unix:///run/consul.sock" }, /^CONSUL_HTTP_ADDR: unix:\/\/ is not supported/],
    [{ CONSUL_HTTP_ADDR: "http://" }, /^CONSUL_HTTP_ADDR: is not an agent's address/],
    [{ CONSUL_HTTP_ADDR: "a b" }, /^CONSUL_HTTP_ADDR: is not/],
    [{ CONSUL_HTTP_ADDR: "http://user:hunter2@host:8500" }, /^CONSUL_HTTP_ADDR: (?!.*hunter2)/],
    [{ CONSUL_HTTP_ADDR: "127.0.0.1:99999" }, /^CONSUL_HTTP_ADDR: /],
    [{ CONSUL_HTTP_SSL: "maybe" }, /^CONSUL_HTTP_SSL: must be true or false/],
    [{ CONSUL_CACERT: "/nowhere/ca.pem" }, /^CONSUL_CACERT: \/nowhere\/ca.pem can't be read: ENOENT/],
    [{ CONSUL_CACERT: "/empty" }, /^CONSUL_CACERT: \/empty holds no certificate/],
  ];
  const readFile = (path: string): string => {
    if (path === "/empty") return "";
    throw Object.assign(new Error("no"), { code: "ENOENT" });
  };
  it.each(rows)("%j", (env, message) => {
    const read = (): unknown => consulOptionsFromEnv(env, readFile);
    expect(read).toThrow(message);
    expect(read).toThrow(DiscoveryError);
  });

  it("CONSUL_DNS_ADDR", () => {
    expect(() => dnsOptionsFromEnv({ CONSUL_DNS_ADDR: "a b" })).toThrow(/^CONSUL_DNS_ADDR: "a b" is no DNS server/);
    expect(() => dnsOptionsFromEnv({ CONSUL_DNS_ADDR: "127.0.0.1:0" })).toThrow(/^CONSUL_DNS_ADDR: /);
  });
});

describe("an environment", () => {
  it("that is empty means the agent of this machine", () => {
    expect(consulSettings(consulOptionsFromEnv({ CONSUL_HTTP_ADDR: "", CONSUL_HTTP_TOKEN: "" }))).toMatchObject({
      baseUrl: "http://127.0.0.1:8500",
      ca: undefined,
    });
    expect(dnsSettings(dnsOptionsFromEnv({}))).toMatchObject({ host: "127.0.0.1", port: 8600, domain: "consul" });
  });

  it("with all four is read whole, and its token can't be printed", () => {
    const env = {
      CONSUL_HTTP_ADDR: "consul.example:8501",
      CONSUL_HTTP_TOKEN: "hunter2",
      CONSUL_HTTP_SSL: "true",
      CONSUL_CACERT: "/ca.pem",
    };
    const options = consulOptionsFromEnv(env, () => pem);
    const settings = consulSettings(options);
    expect(settings).toMatchObject({ baseUrl: "https://consul.example:8501", ca: pem });
    expect(settings.token()?.reveal()).toBe("hunter2");
    expect(JSON.stringify(options)).not.toContain("hunter2");
  });
});

describe("options", () => {
  it("take a token from a function each time it is asked", () => {
    const tokens = ["one", "two"];
    const { token } = consulSettings({ token: () => new Secret(tokens.shift() ?? "") });
    expect(token()?.reveal()).toBe("one");
    expect(token()?.reveal()).toBe("two");
  });

  it.each([
    [{ wait: "61s" }, /^wait: /],
    [{ wait: 0 }, /^wait: /],
    [{ timeout: 0 }, /^timeout: /],
    [{ timeout: "soon" }, /^timeout: /],
  ])("%j are refused", (options, message) => {
    expect(() => consulSettings(options as never)).toThrow(message);
  });

  it.each([
    [{ address: "[::1]:8600" }, { host: "::1", port: 8600 }],
    [{ address: "10.0.0.53" }, { host: "10.0.0.53", port: 53 }],
  ])("for DNS %j are read", (options, settings) => {
    expect(dnsSettings(options)).toMatchObject(settings);
  });

  it.each([[{ domain: "a..b" }], [{ interval: 1 }], [{ timeout: 0 }], [{ address: "::1" }]])(
    "for DNS %j are refused",
    (options) => {
      expect(() => dnsSettings(options)).toThrow(DiscoveryError);
    },
  );
});
