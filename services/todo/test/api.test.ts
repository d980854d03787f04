import { requireLeg } from "@minicluster/servers";
import { Validator } from "@seriousme/openapi-schema-validator";
import request from "supertest";
import { describe, expect, it } from "vitest";
import { served, todoOn } from "./fixture.ts";

const missing = await requireLeg("mariadb");

describe.skipIf(missing)(`the API on MariaDB${missing ? ` (${missing})` : ""}`, () => {
  const todo = served("api");
  const hello = '{"status": "new", "content": "Hello World"}';

  it("answers the five calls of the first todo service as it did", async () => {
    const form = "application/x-www-form-urlencoded";
    const post = await request(todo.app).post("/todo").type(form).send(hello);
    expect([post.status, post.headers["location"], post.text]).toEqual([
      ...[201, "todo/1"],
      '{"id":1,"status":"new","content":"Hello World"}',
    ]);
    const got = await request(todo.app).get("/todo/1");
    expect([got.status, got.text]).toEqual([200, '{"id":1,"status":"new","content":"Hello World"}']);
    const put = await request(todo.app).put("/todo/1").type(form).send('{"status": "open", "content": "Hello Galaxy"}');
    expect([put.status, put.text]).toEqual([200, '{"id":1,"status":"open","content":"Hello Galaxy"}']);
    expect((await request(todo.app).get("/todo/1")).text).toBe('{"id":1,"status":"open","content":"Hello Galaxy"}');
    const gone = await request(todo.app).delete("/todo/1");
    expect([gone.status, gone.text, gone.headers["content-length"]]).toEqual([204, "", undefined]);
    for (const { headers } of [post, got, put, gone]) expect(headers["content-type"]).toBe("application/json");
    for (const { headers } of [post, got, put, gone]) expect(headers["x-powered-by"]).toBeUndefined();
    expect(await todo.rows()).toEqual([]);
  });

  it("lists nothing as an empty array", async () => {
    const { status, text, headers } = await request(todo.app).get("/todo");
    expect([status, text, headers["content-type"]]).toEqual([200, "[]", "application/json"]);
  });

  it("pages by id, and says where the next page is", async () => {
    for (let count = 0; count < 5; count += 1) await request(todo.app).post("/todo").send(hello);
    const ids = async (query: string): Promise<unknown> =>
      (await request(todo.app).get(`/todo${query}`).expect(200)).body.map(({ id }: { id: number }) => id);
    expect(await ids("")).toEqual([1, 2, 3, 4, 5]);
    expect(await ids("?limit=2")).toEqual([1, 2]);
    expect(await ids("?after=3")).toEqual([4, 5]);
    expect(await ids("?limit=1&after=0003")).toEqual([4]);
    expect(await ids("?after=9223372036854775807")).toEqual([]);
    expect(await ids("?other=1&limit=3")).toEqual([1, 2, 3]);
    const { headers } = await request(todo.app).get("/todo?limit=2&after=2");
    expect(headers["link"]).toBe('<todo?limit=2&after=4>; rel="next"');
    expect((await request(todo.app).get("/todo?limit=2&after=4")).headers["link"]).toBeUndefined();
  });

  it("stores again what is stored already", async () => {
    await request(todo.app).post("/todo").send(hello);
    const { status, text } = await request(todo.app).put("/todo/1").send(hello);
    expect([status, text]).toEqual([200, '{"id":1,"status":"new","content":"Hello World"}']);
  });

  it("stores again what is stored already on a pool that counts changed rows only", async () => {
    const { host, port, rootUser: user, rootPassword } = todo.maria;
    const { createPool } = await import("mysql2/promise");
    const password = rootPassword.reveal();
    const changed = createPool({ host, port, user, password, database: "api", flags: ["-FOUND_ROWS"] });
    try {
      const other = todoOn(changed).app;
      await request(other).post("/todo").send(hello);
      await request(other).put("/todo/1").send(hello).expect(200);
      await request(other).put("/todo/2").send(hello).expect(404);
    } finally {
      await changed.end();
    }
  });

  it.each([0, 7, "x", null, [], { a: 1 }, 1.5])("ignores an id of %j in the body", async (id) => {
    const post = await request(todo.app).post("/todo").send({ id, status: "new", content: "x" });
    expect([post.status, post.body.id]).toEqual([201, 1]);
    const put = await request(todo.app).put("/todo/1").send({ id, status: "open", content: "y" });
    expect([put.status, put.body]).toEqual([200, { id: 1, status: "open", content: "y" }]);
  });

  it("takes a missing status as new, in a POST and in a PUT", async () => {
    const post = await request(todo.app).post("/todo").send({ content: "x" });
    expect(post.text).toBe('{"id":1,"status":"new","content":"x"}');
    await request(todo.app).put("/todo/1").send({ status: "open", content: "x" });
    const put = await request(todo.app).put("/todo/1").send({ content: "x" });
    expect(put.text).toBe('{"id":1,"status":"new","content":"x"}');
  });

  it.each([
    ["emoji", "👩‍🚀😀"],
    ["a NUL", "a\0b"],
    ["quotes and backslashes", `'"\\%_ \`; DROP TABLE todo; --`],
    ["trailing blanks", "x  \t\n"],
    ["the longest", "😀".repeat(10_000)],
    ["combining marks in their order", "e\u0301 \u00e9"],
    ["nothing", ""],
  ])("brings %s back byte for byte", async (_name, content) => {
    const post = await request(todo.app)
      .post("/todo")
      .send({ status: "😀".repeat(255), content });
    expect(post.status).toBe(201);
    const got = await request(todo.app).get(`/todo/${post.body.id}`);
    expect(got.body).toEqual({ id: 1, status: "😀".repeat(255), content });
  });

  it("takes the longest todo with every character escaped", async () => {
    const escaped = "\\ud83d\\ude00";
    const body = `{"status":"${escaped.repeat(255)}","content":"${escaped.repeat(10_000)}"}`;
    await request(todo.app).post("/todo").send(body).expect(201);
  });

  it("skips a byte order mark", async () => {
    await request(todo.app).post("/todo").send(`\ufeff${hello}`).expect(201);
  });

  it("answers HEAD as GET, without a body", async () => {
    await request(todo.app).post("/todo").send(hello);
    for (const path of ["/todo", "/todo/1", "/health", "/openapi.json"]) {
      const got = await request(todo.app).get(path);
      const head = await request(todo.app).head(path);
      expect([head.status, head.headers["content-length"], head.text]).toEqual([
        ...[got.status, got.headers["content-length"], undefined],
      ]);
    }
    await request(todo.app).head("/todo/2").expect(404);
  });

  it.each([
    ["/todo", "GET, HEAD, POST, OPTIONS", ["put", "delete", "patch"]],
    ["/todo/1", "GET, HEAD, PUT, DELETE, OPTIONS", ["post", "patch"]],
    ["/health", "GET, HEAD, OPTIONS", ["post", "delete"]],
    ["/openapi.json", "GET, HEAD, OPTIONS", ["post"]],
  ] as const)("says which methods %s has", async (path, allow, others) => {
    const options = await request(todo.app).options(path);
    expect([options.status, options.headers["allow"]]).toEqual([204, allow]);
    for (const method of others) {
      const answer = await request(todo.app)[method](path);
      expect([answer.status, answer.headers["allow"], answer.body.code]).toEqual([405, allow, "METHOD_NOT_ALLOWED"]);
    }
  });

  it.each(["/", "/todos", "/todo/", "/todo/1/", "/todo/1/2", "/TODO", "/health/", "//todo", "/%ff", "/__proto__"])(
    "knows no %s",
    async (path) => {
      const { status, body, headers } = await request(todo.app).get(path);
      expect([status, body.code, headers["content-type"]]).toEqual([404, "NO_SUCH_PATH", "application/problem+json"]);
    },
  );

  it("is healthy, with a reason for nothing", async () => {
    const { status, body } = await request(todo.app).get("/health");
    expect([status, body]).toEqual([
      200,
      {
        status: "passing",
        parts: [
          { name: "database", status: "passing" },
          { name: "table", status: "passing" },
        ],
      },
    ]);
  });

  it("serves an OpenAPI 3.1 document that is valid and has the limits that are checked", async () => {
    const { body } = await request(todo.app).get("/openapi.json").expect(200);
    const { valid, errors } = await new Validator().validate(structuredClone(body));
    expect({ valid, errors }).toMatchObject({ valid: true });
    expect(body.openapi).toBe("3.1.0");
    expect(Object.keys(body.paths)).toEqual(["/todo", "/todo/{id}", "/health", "/openapi.json"]);
    expect(body.components.schemas.TodoInput).toMatchObject({
      required: ["content"],
      properties: { status: { maxLength: 255, default: "new" }, content: { type: "string", maxLength: 10_000 } },
    });
    expect(body.paths["/todo"].get.parameters).toMatchObject([
      { in: "query", name: "limit", schema: { type: "integer", minimum: 1, maximum: 1_000, default: 1_000 } },
      { in: "query", name: "after", schema: { type: "integer", minimum: 0, default: 0 } },
    ]);
  });
});
