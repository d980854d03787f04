import * as admin from "@minicluster/admin";
import { expect, test } from "vitest";

test("the built package exports these names and no others", () => {
  expect(Object.keys(admin).sort()).toEqual([
    "AdminError",
    "Operator",
    "checkConfigureOptions",
    "clusterStatus",
    "configureCluster",
    "configureLogin",
    "doctor",
    "exerciseTodo",
    "initVault",
    "provisionService",
    "unsealVault",
  ]);
});
