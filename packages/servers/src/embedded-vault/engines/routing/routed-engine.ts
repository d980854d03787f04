import type { Engine, EngineAnswer, EngineRequest, Operation } from "../../engine.ts";
import { VaultFailure } from "../../failure.ts";
import { convert } from "./fields.ts";
import { broken, reason, refused, unanswered, unsupportedPath } from "./refusals.ts";
import type { Handler, Route } from "./route.ts";

const handlerNames = { read: "read", list: "list", create: "write", update: "write", delete: "delete" } as const;

/** What an engine does beside its paths. */
export type BesideRoutes = Omit<Engine, "handle" | "unauthenticated" | "exists">;

/** An engine that tells its paths. */
export interface RoutedEngine extends Engine {
  readonly routes: readonly Route[];
}

/** An engine of a table of paths: finds the first that fits, converts the parameters and warns of unknown ones. */
export function routedEngine(routes: readonly Route[], beside: BesideRoutes = {}): RoutedEngine {
  const find = (operation: Operation, path: string): { route: Route; captures: Record<string, string> } | undefined => {
    const whole = operation === "list" && path ? `${path}/` : path;
    for (const route of routes) {
      const match = route.path.exec(whole);
      if (match) return { route, captures: captured(match) };
    }
    return undefined;
  };

  return {
    ...worded(beside),
    routes,
    unauthenticated: (path) => find("update", path)?.route.open === true,
    async exists(path) {
      const found = find("update", path);
      if (!found?.route.exists) return true;
      return await found.route.exists(convert(found.captures, found.route.fields, ""));
    },
    async handle(request) {
      const found = find(request.operation, request.path);
      if (!found) throw unsupportedPath();
      const handler = found.route[handlerNames[request.operation]];
      try {
        if (!handler) throw unanswered(405, "unsupported operation");
        return await answer({ ...found, handler, request });
      } catch (error) {
        throw found.route.open ? plain(error) : error;
      }
    },
  };
}

/** With the words that Vault's lease store puts before an engine's. */
function worded({ renew, revoke, renewLogin, ...rest }: BesideRoutes): BesideRoutes {
  const nothing = "entry: resp: (*logical.Response)(nil) err:";
  return {
    ...rest,
    ...(renew && { renew: (of) => instead(renew(of), (why) => refused(`failed to renew ${nothing} ${why}`)) }),
    ...(revoke && { revoke: (of) => instead(revoke(of), (why) => refused(`failed to revoke ${nothing} ${why}`)) }),
    ...(renewLogin && {
      renewLogin: (of) =>
        instead(renewLogin(of), (why, { status }) =>
          status === 400 ? refused(why) : broken(`failed to renew entry: ${why}`),
        ),
    }),
  };
}

async function instead<T>(
  work: Promise<T>,
  failure: (why: string, original: VaultFailure) => VaultFailure,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof VaultFailure ? failure(reason(error), error) : error;
  }
}

/** The named groups that took part. */
function captured({ groups = {} }: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).filter(([, value]) => value !== undefined));
}

interface Found {
  route: Route;
  captures: Readonly<Record<string, string>>;
  handler: Handler<Route["fields"]>;
  request: EngineRequest;
}

async function answer({ route, captures, handler, request }: Found): Promise<EngineAnswer | undefined> {
  const { data, operation } = request;
  const asksExistence = route.exists && (operation === "create" || operation === "update");
  const prefix = asksExistence ? "" : "Field validation failed: ";
  const values = convert({ ...data, ...captures }, route.fields, prefix);
  const given = await handler({ values, request });
  // An answer with a status of its own is made before anybody looks for more to warn of.
  if (!given || (given.status ?? 200) >= 400) return given;
  const ignored = Object.keys(data).filter((name) => !Object.hasOwn(route.fields, name));
  const replaced = Object.keys(captures).filter((name) => data[name] !== undefined && data[name] !== null);
  const warnings = [
    ...(given.warnings ?? []),
    ...warning("Endpoint ignored these unrecognized parameters", ignored.sort()),
    ...warning(
      "Endpoint replaced the value of these parameters with the values captured from the endpoint's path",
      replaced,
    ),
  ];
  return warnings.length ? { ...given, warnings } : given;
}

function warning(text: string, names: readonly string[]): string[] {
  return names.length ? [`${text}: [${names.join(" ")}]`] : [];
}

/** A login's errors do not pass the router that wraps the others. */
function plain(error: unknown): unknown {
  return error instanceof VaultFailure ? new VaultFailure(error.status, reason(error)) : error;
}
