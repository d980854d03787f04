import * as core from "@minicluster/core";
import * as testing from "@minicluster/core/testing";
import { expect, it } from "vitest";

it("exports these names and no others", () => {
  expect(Object.keys(core).sort()).toEqual(
    [
      "abortable",
      "backoffDelay",
      "Deadline",
      "durationMs",
      "Emitter",
      "kindOf",
      "LinkedSignal",
      "MiniclusterError",
      "Renewer",
      "retry",
      "runOnce",
      "Secret",
      "singleFlight",
      "sleep",
      "systemClock",
      "withDeadline",
    ].sort(),
  );
  expect(Object.keys(testing)).toEqual(["ManualClock"]);
});
