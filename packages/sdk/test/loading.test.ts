import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

/** Prints which of the heavy packages are loaded after a join. */
const program = `
  import { createRequire } from "node:module";
  import { Cluster } from "@minicluster/sdk";
  const cluster = await Cluster.join({ env: JSON.parse(process.argv[1]) });
  const files = Object.keys(createRequire(import.meta.url).cache);
  console.log(["consul", "node-vault", "mysql2"].filter((name) => files.some((file) => file.includes("/node_modules/" + name + "/"))).join());
  await cluster.leave();
`;

it.each([
  ["without a login neither the client of Vault nor that of MySQL", {}, "consul"],
  ["with a login all of them", { VAULT_APP_ID: "todo", VAULT_USER_ID: "instance" }, "consul,node-vault,mysql2"],
])("loads %s", (_, env, expected) => {
  const args = ["--input-type=module", "--eval", program, "--", JSON.stringify(env)];
  const output = execFileSync(process.execPath, args, { cwd: `${import.meta.dirname}/..`, encoding: "utf8" });
  expect(output.trim()).toBe(expected);
});
