import type { Request, Response } from "express";
import { sendJson, sendNothing } from "./answer.ts";
import type { AppOptions } from "./app.ts";
import { readJson } from "./body.ts";
import { TodoError } from "./errors.ts";
import { healthStatus } from "./health.ts";
import { invalidId, parseId } from "./id.ts";
import { createOpenApi } from "./openapi.ts";
import { type Page, parsePage, parseTodoInput, type Todo } from "./todo.ts";

export type Handler = (request: Request, response: Response) => Promise<void> | void;

export interface Route {
  path: string;
  methods: Readonly<Record<string, Handler>>;
}

/** The API, a row a path. */
export function routes({ store, health }: AppOptions): readonly Route[] {
  const openApi = createOpenApi();
  return [
    {
      path: "/todo",
      methods: {
        async GET(request, response) {
          const page = parsePage(request.query);
          const todos = await store.list(page);
          linkNext(response, page, todos);
          sendJson(response, 200, todos);
        },
        async POST(request, response) {
          const todo = await store.create(parseTodoInput(await readJson(request)));
          response.setHeader("Location", `todo/${todo.id}`);
          sendJson(response, 201, todo);
        },
      },
    },
    {
      path: "/todo/:id",
      methods: {
        async GET(request, response) {
          const id = idOf(request);
          sendJson(response, 200, (await store.get(id)) ?? noSuch(id));
        },
        async PUT(request, response) {
          const id = idOf(request);
          const input = parseTodoInput(await readJson(request));
          sendJson(response, 200, (await store.replace(id, input)) ?? noSuch(id));
        },
        async DELETE(request, response) {
          const id = idOf(request);
          if (!(await store.delete(id))) noSuch(id);
          sendNothing(response);
        },
      },
    },
    {
      path: "/health",
      methods: {
        async GET(_request, response) {
          const report = await health();
          response.setHeader("Cache-Control", "no-store");
          sendJson(response, healthStatus[report.status], report);
        },
      },
    },
    { path: "/openapi.json", methods: { GET: (_request, response) => sendJson(response, 200, openApi) } },
  ];
}

/** From the path as it was sent: the router's own parameter is percent-decoded. */
function idOf(request: Request): string {
  const id = parseId(request.path.slice("/todo/".length));
  if (id === undefined) throw invalidId();
  return id;
}

function noSuch(id: string): never {
  throw new TodoError({ code: "NO_SUCH_TODO", message: `there is no todo ${id}` });
}

/** RFC 8288: a full page says where the next one is. */
function linkNext(response: Response, { limit }: Page, todos: readonly Todo[]): void {
  const last = todos.at(-1);
  if (last && todos.length === limit) {
    response.setHeader("Link", `<todo?limit=${limit}&after=${last.id}>; rel="next"`);
  }
}
