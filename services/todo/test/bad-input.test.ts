import { requireLeg } from "@minicluster/servers";
import request from "supertest";
import { describe, expect, it } from "vitest";
import { served } from "./fixture.ts";

const missing = await requireLeg("mariadb");

describe.skipIf(missing)(`bad input${missing ? ` (${missing})` : ""}`, () => {
  const todo = served("bad_input");
  const hello = '{"status": "new", "content": "Hello World"}';

  const notJson = [
    ["nothing", "", "NOT_JSON"],
    ["half an object", '{"status":', "NOT_JSON"],
    ["a form", "status=new&content=x", "NOT_JSON"],
    ["two values", "{} {}", "NOT_JSON"],
    ["bytes that are not UTF-8", Buffer.from([...Buffer.from('{"content":"'), 0xff, 0xfe, 0x22, 0x7d]), "NOT_JSON"],
    ["UTF-16", Buffer.from(hello, "utf16le"), "NOT_JSON"],
  ] as const;
  const badFields = [
    ["a string", '"x"', ""],
    ["null", "null", ""],
    ["a number", "1", ""],
    ["an array", '[{"status":"new","content":"x"}]', ""],
    ["an empty array", "[]", ""],
    ["no content", '{"status":"new"}', "content"],
    ["content null", '{"content":null}', "content"],
    ["content a number", '{"content":1}', "content"],
    ["content an object", '{"content":{"a":1}}', "content"],
    ["content too long", JSON.stringify({ content: "x".repeat(10_001) }), "content"],
    ["content with half a surrogate pair", '{"content":"\\ud83d"}', "content"],
    ["status null", '{"status":null,"content":"x"}', "status"],
    ["status a number", '{"status":1,"content":"x"}', "status"],
    ["status an array", '{"status":["new"],"content":"x"}', "status"],
    ["status too long", JSON.stringify({ status: "😀".repeat(256), content: "x" }), "status"],
    ["content in the prototype", '{"__proto__":{"content":"x"}}', "content"],
    ["content in the constructor", '{"constructor":{"prototype":{"content":"x"}}}', "content"],
    ["content nested deep", `{"content":${"[".repeat(60_000)}${"]".repeat(60_000)}}`, "content"],
  ] as const;

  it.each(notJson)("refuses a body that is %s, and stores nothing", async (_name, body, code) => {
    await request(todo.app).post("/todo").send(hello);
    for (const call of [request(todo.app).post("/todo"), request(todo.app).put("/todo/1")]) {
      const answer = await call.type(typeof body === "string" ? "json" : "application/octet-stream").send(body);
      expect([answer.status, answer.body.code]).toEqual([400, code]);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
    }
    expect(await todo.rows()).toEqual([{ id: 1, status: "new", content: "Hello World" }]);
  });

  it.each(badFields)("refuses %s, names the field, and stores nothing", async (_name, body, field) => {
    await request(todo.app).post("/todo").send(hello);
    for (const call of [request(todo.app).post("/todo"), request(todo.app).put("/todo/1")]) {
      const answer = await call.send(body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        ...{ type: "about:blank", title: "Bad Request", status: 400, code: "INVALID_INPUT" },
        errors: [{ field }],
      });
      expect(answer.body.detail).toContain(field || "the body");
      expect(answer.text.length).toBeLessThan(500);
    }
    expect(await todo.rows()).toEqual([{ id: 1, status: "new", content: "Hello World" }]);
  });

  it("names every field that is wrong", async () => {
    const { body } = await request(todo.app).post("/todo").send({ status: 1 });
    expect(body.errors).toEqual([
      { field: "status", detail: "must be a string" },
      { field: "content", detail: "is missing" },
    ]);
    expect(body.detail).toBe("status must be a string; content is missing");
  });

  it("refuses a body that is too large, told so or not", async () => {
    const body = `{"content":"${"x".repeat(200_000)}"}`;
    const told = await request(todo.app).post("/todo").send(body);
    expect([told.status, told.body.code]).toEqual([413, "TOO_LARGE"]);
    const chunked = request(todo.app).post("/todo");
    for (let at = 0; at < body.length; at += 10_000) chunked.write(body.slice(at, at + 10_000));
    const answer = await chunked;
    expect([answer.status, answer.body.code]).toEqual([413, "TOO_LARGE"]);
    expect(await todo.rows()).toEqual([]);
  });

  it("refuses a compressed body", async () => {
    const answer = await request(todo.app).post("/todo").set("Content-Encoding", "gzip").send(hello);
    expect([answer.status, answer.body.code]).toEqual([415, "UNSUPPORTED_ENCODING"]);
  });

  it.each([
    ...["01x", "x", "1.0", "1e3", "-1", "+1", "0x1", "1%20", "%31", "1%00", "%ff", "%", "1,2", "NaN", "١"],
    ...["9223372036854775808", "18446744073709551616", "99999999999999999999", "1".repeat(400), "null", " 1"],
  ])("refuses the id %j", async (id) => {
    await request(todo.app).post("/todo").send(hello);
    const path = `/todo/${encodeURI(id).replaceAll("%25", "%")}`;
    for (const call of [
      request(todo.app).get(path),
      request(todo.app).put(path).send(hello),
      request(todo.app).delete(path),
    ]) {
      const answer = await call;
      expect([answer.status, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
      expect(answer.body.errors).toMatchObject([{ field: "id" }]);
    }
    expect(await todo.rows()).toHaveLength(1);
  });

  it.each(["0", "2", "9007199254740993", "9223372036854775807", "00000000000000000002"])(
    "finds no todo %s",
    async (id) => {
      await request(todo.app).post("/todo").send(hello);
      const path = `/todo/${id}`;
      for (const call of [
        request(todo.app).get(path),
        request(todo.app).put(path).send(hello),
        request(todo.app).delete(path),
      ]) {
        const answer = await call;
        expect([answer.status, answer.body.code]).toEqual([404, "NO_SUCH_TODO"]);
      }
    },
  );

  it.each([
    ...["limit=0", "limit=-1", "limit=1001", "limit=x", "limit=1.5", "limit=", "limit=1e2", "limit=0x10"],
    ...[
      "limit=1&limit=2",
      "limit[]=1",
      "after=-1",
      "after=x",
      "after=9223372036854775808",
      "after=",
      "after=1&after=2",
    ],
  ])("refuses ?%s and names the parameter", async (query) => {
    const answer = await request(todo.app).get(`/todo?${query}`);
    if (query === "limit[]=1") return void expect(answer.status).toBe(200);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field: query.slice(0, 5) }]);
  });
});
