import { createRequire } from "node:module";
import { expect, test } from "vitest";

const names = ["MysqlError", "createPool", "sequelizeOptions", "staticAddress", "staticCredentials"];

test("the built package exports these names and no others", async () => {
  expect(Object.keys(await import("@minicluster/mysql")).sort()).toEqual(names);
});

test("a CommonJS program can require it", () => {
  const required = createRequire(import.meta.url)("@minicluster/mysql") as object;
  expect(
    Object.keys(required)
      .filter((name) => name !== "__esModule")
      .sort(),
  ).toEqual(names);
});
