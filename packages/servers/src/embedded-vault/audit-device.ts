import { createHmac } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { VaultFailure } from "./failure.ts";

/** An audit device, as it is stored. */
export interface AuditEntry {
  /** With its trailing slash. */
  readonly path: string;
  readonly type: "file";
  readonly description: string;
  readonly options: Readonly<Record<string, string>>;
  readonly local: boolean;
  /** The key of its HMACs, in base64. */
  readonly salt: string;
}

const known = new Set(["file_path", "path", "log_raw", "hmac_accessor", "mode", "format"]);

/** A file that gets a line of JSON for each request and each answer (Vault's manual, "File audit device"). */
export class AuditDevice {
  readonly entry: AuditEntry;
  readonly #file: FileHandle | undefined;

  private constructor(entry: AuditEntry, file: FileHandle | undefined) {
    this.entry = entry;
    this.#file = file;
  }

  /** @throws VaultFailure 400 for options that it has not, or a file that can't be opened */
  static async open(entry: AuditEntry): Promise<AuditDevice> {
    const { options } = entry;
    const path = options["file_path"] ?? options["path"] ?? "";
    if (path === "") throw new VaultFailure(400, "file_path is required");
    for (const name of Object.keys(options)) {
      if (!known.has(name))
        throw new VaultFailure(501, `the option ${name} of a file audit is not part of the embedded Vault`);
    }
    if (path === "stdout" || (options["format"] ?? "json") !== "json") {
      throw new VaultFailure(
        501,
        "a file audit to stdout or in another format than json is not part of the embedded Vault",
      );
    }
    if (path === "discard") return new AuditDevice(entry, undefined);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return new AuditDevice(entry, await open(path, "a", Number.parseInt(options["mode"] ?? "0600", 8)));
    } catch (error) {
      throw new VaultFailure(
        400,
        `sanity check failed; unable to open "${path}" for writing: ${(error as Error).message}`,
      );
    }
  }

  get raw(): boolean {
    return isOn(this.entry.options["log_raw"]);
  }

  get hashesAccessors(): boolean {
    const { hmac_accessor } = this.entry.options;
    return hmac_accessor === undefined || isOn(hmac_accessor);
  }

  hash(text: string): string {
    return `hmac-sha256:${createHmac("sha256", Buffer.from(this.entry.salt, "base64")).update(text).digest("hex")}`;
  }

  async write(line: unknown): Promise<void> {
    await this.#file?.appendFile(`${JSON.stringify(line)}\n`);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function isOn(option: string | undefined): boolean {
  return /^(1|t|true)$/i.test(option ?? "");
}
