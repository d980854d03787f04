import { expect, it } from "vitest";

it("exports what its README names", async () => {
  expect(Object.keys(await import("@minicluster/todo")).sort()).toEqual([
    ...["TodoError", "TodoServer", "TodoStore", "TodoTable"],
    ...["createApp", "createLog", "databaseHealth", "healthOf", "readConfig"],
  ]);
});
