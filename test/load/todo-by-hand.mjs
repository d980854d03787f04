import express from "express";

/**
 * The todo service as one writes it by hand on Express and a pool of mysql2: the same routes, the same statements, inputs
 * checked in a plain way.
 *
 * @param {import("mysql2/promise").Pool} pool
 * @returns {Promise<import("node:http").RequestListener>}
 */
export async function todoByHand(pool) {
  await pool.query(`CREATE TABLE IF NOT EXISTS todo (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    status VARCHAR(255) NOT NULL,
    content TEXT NOT NULL
  ) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);

  /** @param {string} sql @param {string[]} values @returns {Promise<any>} */
  const run = async (sql, values) => (await pool.execute(sql, values))[0];

  const app = express();
  // The other one has neither.
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(express.json({ type: () => true, limit: "128kb" }));

  app.get("/todo", async (request, response) => {
    const { limit, after } = pageOf(request.query);
    const sql = "SELECT id, status, content FROM todo WHERE id > CAST(? AS SIGNED) ORDER BY id LIMIT ?";
    const todos = await run(sql, [after, limit]);
    if (todos.length === Number(limit)) {
      response.setHeader("Link", `<todo?limit=${limit}&after=${todos.at(-1).id}>; rel="next"`);
    }
    response.json(todos);
  });

  app.post("/todo", async (request, response) => {
    const { status, content } = inputOf(request.body);
    const { insertId: id } = await run("INSERT INTO todo (status, content) VALUES (?, ?)", [status, content]);
    response.status(201).setHeader("Location", `todo/${id}`).json({ id, status, content });
  });

  app.get("/todo/:id", async (request, response) => {
    const id = idOf(request.params.id);
    const [todo] = await run("SELECT id, status, content FROM todo WHERE id = CAST(? AS SIGNED)", [id]);
    if (!todo) throw missing(id);
    response.json(todo);
  });

  app.put("/todo/:id", async (request, response) => {
    const id = idOf(request.params.id);
    const { status, content } = inputOf(request.body);
    const sql = "UPDATE todo SET status = ?, content = ? WHERE id = CAST(? AS SIGNED)";
    const { affectedRows } = await run(sql, [status, content, id]);
    if (affectedRows === 0) throw missing(id);
    response.json({ id: Number(id), status, content });
  });

  app.delete("/todo/:id", async (request, response) => {
    const id = idOf(request.params.id);
    const { affectedRows } = await run("DELETE FROM todo WHERE id = CAST(? AS SIGNED)", [id]);
    if (affectedRows === 0) throw missing(id);
    response.status(204).end();
  });

  app.get("/health", async (_request, response) => {
    await run("SELECT id FROM todo LIMIT 1", []);
    response.json({ status: "passing" });
  });

  app.use(
    (/** @type {any} */ error, /** @type {any} */ _request, /** @type {any} */ response, /** @type {any} */ _next) => {
      const { status = 500, message } = error;
      response
        .status(status)
        .type("application/problem+json")
        .json({ status, detail: status === 500 ? "it failed" : message });
    },
  );

  return app;
}

class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} text */
function idOf(text) {
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) < 2n ** 63n) return String(BigInt(text));
  throw new Refused(400, "id in the path must be a whole number");
}

/** @param {any} body */
function inputOf(body) {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new Refused(400, "the body must be a JSON object");
  const { status = "new", content } = body;
  if (typeof status !== "string" || [...status].length > 255)
    throw new Refused(400, "status must be a string of at most 255");
  if (typeof content !== "string" || content.length > 10_000)
    throw new Refused(400, "content must be a string of at most 10000");
  return { status, content };
}

/** @param {any} query */
function pageOf({ limit = "1000", after = "0" }) {
  if (!/^[0-9]{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1_000)
    throw new Refused(400, "limit must be from 1 to 1000");
  return { limit, after: idOf(after) };
}

/** @param {string} id */
const missing = (id) => new Refused(404, `there is no todo ${id}`);
