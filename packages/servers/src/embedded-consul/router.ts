import type { Route } from "./route.ts";

export interface Match {
  route: Route;
  rest: string;
}

/** Finds the route of a path, as Go's ServeMux does: a whole path first, then the longest one that ends with a slash. */
export class Router {
  readonly #routes = new Map<string, Route>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#routes.set(route.path, route);
  }

  /** A path without a place has none; `redirect` is where the real one would send it. */
  find(path: string): Match | { redirect: string } | undefined {
    const clean = cleaned(path);
    if (clean !== path) return { redirect: clean };
    const exact = this.#routes.get(path);
    if (exact) return { route: exact, rest: "" };
    if (this.#routes.has(`${path}/`)) return { redirect: `${path}/` };
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const route = this.#routes.get(path.slice(0, end + 1));
      if (route) return { route, rest: path.slice(end + 1) };
    }
    return undefined;
  }
}

/** Without empty, `.` and `..` segments; a slash at the end stays, as ServeMux cleans a path. */
function cleaned(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const joined = `/${kept.join("/")}`;
  return path.endsWith("/") && joined !== "/" ? `${joined}/` : joined;
}
