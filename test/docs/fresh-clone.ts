import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "./fences.ts";

/** The tree as git would hand it to somebody else: no node_modules, nothing built. */
export class FreshClone implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "minicluster-clone-"));

  constructor() {
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
    for (const file of listed.split("\n").filter((name) => name !== "")) {
      mkdirSync(join(this.folder, dirname(file)), { recursive: true });
      cpSync(join(root, file), join(this.folder, file), { force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
