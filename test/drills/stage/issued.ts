import { readFile } from "node:fs/promises";
import type { DevCluster } from "@minicluster/devcluster";

interface AuditLine {
  time: string;
  type: string;
  error?: string;
  request: { path: string; operation: string };
  response?: { secret?: { lease_id?: string } };
}

/** Vault's own account of the credentials that it made: its file audit device, which outlives the node. */
export class Issued {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Turns the device on. */
  static async watch(cluster: DevCluster, file: string): Promise<Issued> {
    await using vault = await cluster.vault.operator();
    await vault.write("sys/audit/drill", { type: "file", options: { file_path: file } });
    return new Issued(file);
  }

  /** When each was made, in milliseconds since 1970. */
  async moments(): Promise<number[]> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line.includes("creds/"))
      .flatMap(momentOf);
  }
}

function momentOf(line: string): number[] {
  // A killed Vault may leave half a line.
  let entry: AuditLine;
  try {
    entry = JSON.parse(line) as AuditLine;
  } catch {
    return [];
  }
  const { type, error, request, response } = entry;
  const made = type === "response" && !error && request.operation === "read" && response?.secret?.lease_id;
  return made && /\/creds\//.test(request.path) ? [Date.parse(entry.time)] : [];
}

/** The most of them within any minute. */
export function mostInAMinute(moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b);
  let first = 0;
  return sorted.reduce((most, moment, last) => {
    while (moment - (sorted[first] ?? moment) >= 60_000) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
}

/** What one pool may ask for: max(3, 3 for each max TTL) a minute. */
export function issuingBound(maxTtlMs: number): number {
  return Math.max(3, Math.ceil((3 * 60_000) / maxTtlMs));
}
