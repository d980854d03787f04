import * as sdk from "@minicluster/sdk";
import { expect, it } from "vitest";

it("exports these names and no others", () => {
  expect(Object.keys(sdk).sort()).toEqual(["Cluster", "SdkError", "ServiceClient"]);
});
