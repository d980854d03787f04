import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pnpm, publicPackages, root } from "../../scripts/root.mjs";

interface Packed {
  manifest: { name: string; version: string };
  file: string;
  tarball: Buffer;
}

/**
 * A registry of npm that has the packages of this tree, packed as they would be published, and no others. A `.npmrc` with
 * {@link npmrc} sends npm there for them; everything else comes from where it always comes from.
 */
export class LocalRegistry implements AsyncDisposable {
  readonly #server: Server;
  readonly #packages: ReadonlyMap<string, Packed>;

  private constructor(packages: ReadonlyMap<string, Packed>) {
    this.#packages = packages;
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "").slice(1);
      const tarball = [...packages.values()].find(({ file }) => path === `tarballs/${file}`)?.tarball;
      const found = tarball ?? this.#description(path);
      // The next run has other tarballs under the same names.
      response.setHeader("Cache-Control", "no-store");
      response.writeHead(found ? 200 : 404).end(found ?? "{}");
    });
  }

  /** Packs every package into the folder, and listens. */
  static async start(folder: string): Promise<LocalRegistry> {
    const filters = publicPackages().flatMap(({ manifest }) => ["--filter", String(manifest.name)]);
    const [file = "", ...args] = pnpm("--recursive", ...filters, "pack", "--pack-destination", folder);
    execFileSync(file, args, { cwd: root, stdio: "pipe" });
    const packages = new Map<string, Packed>();
    for (const name of readdirSync(folder)) {
      const text = execFileSync("tar", ["-xzOf", join(folder, name), "package/package.json"], { encoding: "utf8" });
      const manifest = JSON.parse(text) as Packed["manifest"];
      packages.set(manifest.name, { manifest, file: name, tarball: readFileSync(join(folder, name)) });
    }
    const registry = new LocalRegistry(packages);
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get names(): readonly string[] {
    return [...this.#packages.keys()];
  }

  get npmrc(): string {
    return `@minicluster:registry=${this.#address}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  #description(name: string): string | undefined {
    const packed = this.#packages.get(name);
    if (!packed) return undefined;
    const { manifest, file, tarball } = packed;
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    const dist = { tarball: `${this.#address}tarballs/${file}`, integrity };
    const { version } = manifest;
    return JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } });
  }
}
