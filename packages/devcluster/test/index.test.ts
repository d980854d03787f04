import * as devcluster from "@minicluster/devcluster";
import { expect, test } from "vitest";

test("the package exports these names", () => {
  expect(Object.keys(devcluster).sort()).toEqual(["DevClusterError", "startDevCluster"]);
});
