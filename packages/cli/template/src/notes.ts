import type { IncomingMessage } from "node:http";
import type { RotatingPool } from "@minicluster/sdk";

export interface Answer {
  status: number;
  body: unknown;
}

const maxBytes = 10_000;

/** `GET /notes` and `POST /notes {"text": "..."}`. */
export class Notes {
  /** A mysql2 pool whose account changes under it; nothing here needs to know. */
  readonly #db: RotatingPool;
  #table: Promise<unknown> | undefined;

  constructor(db: RotatingPool) {
    this.#db = db;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    if (request.method === "GET") return { status: 200, body: await this.#all() };
    if (request.method !== "POST") return { status: 405, body: { error: "GET or POST" } };
    const text = textIn(await bodyOf(request));
    if (text === undefined) return { status: 400, body: { error: 'write {"text": "..."}, up to 1000 letters' } };
    return { status: 201, body: await this.#add(text) };
  }

  async #all(): Promise<unknown> {
    await this.#ready();
    const [rows] = await this.#db.query("SELECT id, text FROM note ORDER BY id DESC LIMIT 100");
    return rows;
  }

  async #add(text: string): Promise<unknown> {
    await this.#ready();
    const [result] = await this.#db.execute("INSERT INTO note (text) VALUES (?)", [text]);
    const { insertId: id } = result as { insertId: number };
    return { id, text };
  }

  /** Makes the table once; where that fails the next one tries again. */
  async #ready(): Promise<void> {
    this.#table ??= this.#db.query(
      "CREATE TABLE IF NOT EXISTS note (id BIGINT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(1000) NOT NULL)",
    );
    try {
      await this.#table;
    } catch (error) {
      this.#table = undefined;
      throw error;
    }
  }
}

/** The body as text; undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxBytes) return undefined;
  }
  return text;
}

function textIn(body: string | undefined): string | undefined {
  try {
    const { text } = JSON.parse(body ?? "") as { text?: unknown };
    return typeof text === "string" && text !== "" && text.length <= 1_000 ? text : undefined;
  } catch {
    return undefined;
  }
}
