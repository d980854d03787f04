import { expect, it } from "vitest";
import { MysqlAddress } from "../src/mysql-address.ts";
import { scripted } from "./scripted-source.ts";

it("stays with the instance in use while it is listed, moves when it is gone, and keeps the last one when all are", async () => {
  const { discovery, found, lost } = scripted();
  const address = new MysqlAddress(discovery.watch("mysql"));
  const seen: string[] = [];
  address.onChange(({ host, port }) => seen.push(`${host}:${port}`));
  const ready = address.ready();
  // A watch starts a turn later.
  await Promise.resolve();
  found();
  found({ address: "10.0.0.2", port: 3306 });
  expect(await ready).toEqual({ host: "10.0.0.2", port: 3306 });
  found({ address: "10.0.0.1", port: 3306 }, { address: "10.0.0.2", port: 3306 });
  expect(address.current?.host).toBe("10.0.0.2");
  found({ address: "10.0.0.1", port: 3306 });
  expect(address.current?.host).toBe("10.0.0.1");
  found();
  expect(address.current?.host).toBe("10.0.0.1");
  expect(address.state).toBe("fresh");
  lost();
  expect(address.state).toBe("stale");
  expect(seen).toEqual(["10.0.0.2:3306", "10.0.0.1:3306"]);
  address.close();
  await discovery.close();
});
