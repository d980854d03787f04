import { abortable, type Clock, retry, singleFlight, systemClock, withDeadline } from "@minicluster/core";
import { type Column, type ColumnRow, differences, selectColumns } from "./columns.ts";
import type { Database } from "./database.ts";
import { describeError, type Log } from "./log.ts";
import { limits } from "./todo.ts";

const createTable = `CREATE TABLE IF NOT EXISTS todo (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  status VARCHAR(${limits.status}) NOT NULL,
  content TEXT NOT NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

const columns: readonly Column[] = [
  { name: "id", types: ["bigint"], length: 0, autoIncrement: true },
  { name: "status", types: ["varchar", "text", "mediumtext", "longtext"], length: limits.status },
  // Its length is counted in bytes where it is a TEXT, four to a character at most.
  { name: "content", types: ["text", "mediumtext", "longtext"], length: limits.content * 4 },
];

/** How long one try may take; a lock on the table can hold it up. */
const tryMs = 2_000;

export interface TodoTableOptions {
  db: Database;
  log: Log;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
}

/** `pending`: not seen yet. `different`: it exists, with columns that this service does not write to. */
export type TableState = "pending" | "ready" | "different";

/**
 * The table, made at the start and again whenever a statement does not find it, tried until it works. Two services
 * that start together may both run it: `IF NOT EXISTS` makes the second one a success.
 */
export class TodoTable implements AsyncDisposable {
  readonly #options: TodoTableOptions;
  readonly #closing = new AbortController();
  readonly #make: () => Promise<void>;
  #state: TableState = "pending";
  #differences: readonly string[] = [];

  constructor(options: TodoTableOptions) {
    this.#options = options;
    this.#make = singleFlight(() => this.#retry());
  }

  get state(): TableState {
    return this.#state;
  }

  /** What differs, a line each. */
  get differences(): readonly string[] {
    return this.#differences;
  }

  /** Makes the table if need be, in the background; any number of calls. */
  start(): void {
    this.#make().catch(() => {});
  }

  /** As soon as the table was seen. @throws the reason of the signal; an abort after `close()` */
  ready(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return abortable(this.#make(), options.signal);
  }

  /** A statement found no table: makes it anew. */
  missing(): void {
    if (this.#state !== "pending") this.#state = "pending";
    this.start();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#make().catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #retry(): Promise<void> {
    const { clock = systemClock, random = Math.random, log } = this.#options;
    const { signal } = this.#closing;
    await retry(
      {
        ...{ clock, random, signal, baseMs: 50, capMs: 500 },
        retryable: () => true,
        onRetry: ({ error, attempt }) => {
          if (attempt > 1) return;
          log.warn({ event: "table.pending", error: describeError(error) }, "the table can't be made yet; trying on");
        },
      },
      () => withDeadline({ clock, signal, ms: tryMs, phase: "making the table" }, () => this.#once()),
    );
  }

  async #once(): Promise<void> {
    const { db, log } = this.#options;
    let rows = await this.#columns();
    if (rows.length === 0) {
      await db.execute({ sql: createTable, timeout: tryMs });
      rows = await this.#columns();
    }
    this.#differences = differences(rows, columns);
    this.#state = this.#differences.length > 0 ? "different" : "ready";
    if (this.#state === "ready") log.info({ event: "table.ready" }, "the table is there");
    else {
      const msg = "the table todo exists with other columns; rename it, or change them";
      log.error({ event: "table.different", differences: this.#differences }, msg);
    }
  }

  /** None without the table. Asked first, so that an account without the right to create may use one that is there. */
  async #columns(): Promise<ColumnRow[]> {
    const [rows] = await this.#options.db.execute({ sql: selectColumns, timeout: tryMs });
    return rows as ColumnRow[];
  }
}
