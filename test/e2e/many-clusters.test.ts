import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { requireLeg } from "@minicluster/servers";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("programs/many-clusters.mjs", import.meta.url));

/** One in ten has a MariaDB in the short form, all in the long one. */
const every = process.env["MINICLUSTER_LONG"] ? 1 : 10;

it("100 clusters started and closed in one process leave no socket, timer, child or file, and it ends by itself", async ({
  skip,
}) => {
  const reason = await requireLeg("mariadb");
  if (reason) skip(reason);
  const temporary = await mkdtemp(join(tmpdir(), "minicluster-many-"));
  try {
    const child = spawn(process.execPath, [program, "100", String(every)], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const { count, withMysql, ms, rssMb, before, after } = JSON.parse(out);
    console.log(`${count} clusters, ${withMysql} with MariaDB: ${ms} ms each, ${rssMb} MB resident at the end`);
    expect(after).toEqual({ ...before, children: 0, resources: [], temporary: [] });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
