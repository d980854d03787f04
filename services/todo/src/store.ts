import { type Clock, Deadline, systemClock, withDeadline } from "@minicluster/core";
import type { Database } from "./database.ts";
import { databaseError, isReadOnly, isTableMissing, refusesWrites } from "./database-error.ts";
import { TodoError } from "./errors.ts";
import { describeError, type Log } from "./log.ts";
import type { Page, Todo, TodoInput } from "./todo.ts";

export interface TodoStoreOptions {
  db: Database;
  log: Log;
  clock?: Clock | undefined;
  /**
   * How long one call may take, in milliseconds, whatever the database does; the pool's own `queryTimeout` ends the
   * connection. Default 800.
   */
  deadlineMs?: number | undefined;
  /** Called when a statement finds no table. */
  onTableMissing?: (() => void) | undefined;
}

/** Whether a statement changes anything; only then can its outcome be unknown. */
type Effect = "read" | "write";

/** How the database was last found. `read-only`: it answers, and refused a write not long ago. */
export type DatabaseState = "available" | "read-only" | "unavailable";

/** So long after a refused write, an answered read is no proof that writes are taken. */
const refusedMs = 10_000;

/** The todos in MySQL. Every id is decimal digits, checked by the caller. Each call throws {@link TodoError} only. */
export class TodoStore {
  readonly #options: TodoStoreOptions;
  readonly #clock: Clock;
  #state: DatabaseState = "available";
  #refused: Deadline;
  /** It said so itself; else something of it is full. */
  #serverReadOnly = false;

  constructor(options: TodoStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#refused = new Deadline(this.#clock, 0);
  }

  /** As the last statements found it. */
  get state(): DatabaseState {
    return this.#state;
  }

  async create({ status, content }: TodoInput): Promise<Todo> {
    const sql = "INSERT INTO todo (status, content) VALUES (?, ?)";
    const { insertId } = (await this.#run("write", sql, [status, content])) as { insertId: number };
    return { id: insertId, status, content };
  }

  async list({ limit, after }: Page): Promise<Todo[]> {
    const sql = "SELECT id, status, content FROM todo WHERE id > CAST(? AS SIGNED) ORDER BY id LIMIT ?";
    return (await this.#run("read", sql, [after, String(limit)])) as Todo[];
  }

  async get(id: string): Promise<Todo | undefined> {
    const sql = "SELECT id, status, content FROM todo WHERE id = CAST(? AS SIGNED)";
    const [todo] = (await this.#run("read", sql, [id])) as Todo[];
    return todo;
  }

  /** The row as it is stored now, or undefined when there is none. */
  async replace(id: string, { status, content }: TodoInput): Promise<Todo | undefined> {
    const deadline = this.#deadline();
    const sql = "UPDATE todo SET status = ?, content = ? WHERE id = CAST(? AS SIGNED)";
    const result = await this.#run("write", sql, [status, content, id], deadline);
    if ((result as { affectedRows: number }).affectedRows > 0) return { id: Number(id), status, content };
    // A pool without the FOUND_ROWS flag counts rows that changed, and equal values change none.
    const found = await this.#run("read", "SELECT id FROM todo WHERE id = CAST(? AS SIGNED)", [id], deadline);
    return (found as unknown[]).length > 0 ? { id: Number(id), status, content } : undefined;
  }

  /** Whether there was one. */
  async delete(id: string): Promise<boolean> {
    const result = await this.#run("write", "DELETE FROM todo WHERE id = CAST(? AS SIGNED)", [id]);
    return (result as { affectedRows: number }).affectedRows > 0;
  }

  /** Reads the table once, and looks whether a database that was read-only still is; for a health check. */
  async probe(): Promise<void> {
    await this.#run("read", "SELECT id FROM todo LIMIT 1", []);
    if (this.#state !== "read-only" || !this.#serverReadOnly) return;
    // An instance that is degraded may get no write that would show it.
    const [row] = (await this.#run("read", "SELECT @@global.read_only AS readOnly", [])) as { readOnly: unknown }[];
    if (row?.readOnly === 0 || row?.readOnly === "OFF") this.#found("available");
  }

  #deadline(): Deadline {
    return new Deadline(this.#clock, this.#options.deadlineMs ?? 800);
  }

  async #run(effect: Effect, sql: string, values: string[], deadline: Deadline = this.#deadline()): Promise<unknown> {
    const ms = Math.max(1, Math.ceil(deadline.remainingMs));
    const phase = sql.slice(0, sql.indexOf(" "));
    try {
      const [result] = await withDeadline({ clock: this.#clock, ms, phase }, () =>
        this.#options.db.execute(sql, values),
      );
      // Reads go on while writes are refused.
      if (effect === "write" || this.#refused.passed) this.#found("available");
      return result;
    } catch (error) {
      if (isTableMissing(error)) this.#options.onTableMissing?.();
      const failure = databaseError(error, effect === "write");
      if (failure.code === "UNEXPECTED") throw failure;
      this.#serverReadOnly = isReadOnly(error);
      this.#found(refusesWrites(error) ? "read-only" : "unavailable", error);
      throw failure;
    }
  }

  /** One line a change, not one a request. */
  #found(state: DatabaseState, error?: unknown): void {
    this.#refused = new Deadline(this.#clock, state === "read-only" ? refusedMs : 0);
    if (state === this.#state) return;
    this.#state = state;
    const { log } = this.#options;
    if (state === "available") log.info({ event: "database.available" }, "the database answers again");
    else if (state === "read-only") {
      log.warn({ event: "database.read_only", error: describeError(error) }, "the database takes no writes");
    } else log.warn({ event: "database.unavailable", error: describeError(error) }, "the database can't be reached");
  }
}
