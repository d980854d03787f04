import express, { type Express, type Request, type Response } from "express";
import { sendProblem } from "./answer.ts";
import { TodoError } from "./errors.ts";
import type { HealthReport } from "./health.ts";
import type { Log } from "./log.ts";
import { type Handler, routes } from "./routes.ts";
import type { TodoStore } from "./store.ts";

export interface AppOptions {
  store: TodoStore;
  health: () => Promise<HealthReport>;
  log: Log;
}

/**
 * The HTTP interface, as an Express application.
 *
 * @example createApp({ store: new TodoStore({ db: pool, log }), health, log }).listen(8080);
 */
export function createApp(options: AppOptions): Express {
  const { log } = options;
  const app = express();
  app.disable("x-powered-by");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  for (const { path, methods } of routes(options)) {
    app.all(path, dispatcher(methods));
  }
  app.use((request) => {
    throw new TodoError({ code: "NO_SUCH_PATH", message: `there is no ${request.path.slice(0, 200)} here` });
  });
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: unknown) => {
    sendProblem(response, error, log);
  });
  return app;
}

/** The handler of a path. A HEAD is answered as a GET is; Node leaves the body out. */
function dispatcher(methods: Readonly<Record<string, Handler>>): (request: Request, response: Response) => unknown {
  const names = Object.keys(methods).flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name]));
  const Allow = [...names, "OPTIONS"].join(", ");
  return (request, response) => {
    if (request.method === "OPTIONS") return void response.status(204).setHeader("Allow", Allow).end();
    const handler = methods[request.method === "HEAD" ? "GET" : request.method];
    if (handler) return handler(request, response);
    throw new TodoError({
      code: "METHOD_NOT_ALLOWED",
      message: `${request.method} is not one of ${Allow}`,
      headers: { Allow },
    });
  };
}
