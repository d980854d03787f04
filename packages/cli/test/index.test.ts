import * as cli from "@minicluster/cli";
import { expect, test } from "vitest";

test("the built package exports these names and no others", () => {
  expect(Object.keys(cli).sort()).toEqual(["CliError", "Terminal", "exitCodes", "run"]);
});
