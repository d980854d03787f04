import type { EngineAnswer, EngineRequest } from "../../engine.ts";
import type { Schema, Values } from "./fields.ts";

/** What a handler gets: the parameters of the body or the query, those of the path over them. */
export interface Routed<Of extends Schema> {
  values: Values<Of>;
  request: EngineRequest;
}

/** @returns undefined: nothing there for a read or list, done for the rest */
export type Handler<Of extends Schema> = (routed: Routed<Of>) => Promise<EngineAnswer | undefined>;

/** One pattern of an engine's paths and what may be done there. */
export interface RouteOf<Of extends Schema> {
  /** Anchored at both ends; named groups are parameters. A list's path ends with a slash. */
  path: RegExp;
  /** Other parameters are ignored, with a warning. */
  fields: Of;
  /** Anybody may ask: a login. */
  open?: boolean;
  /** Whether something is stored there. */
  exists?: (values: Values<Of>) => Promise<boolean>;
  read?: Handler<Of>;
  list?: Handler<Of>;
  write?: Handler<Of>;
  delete?: Handler<Of>;
}

/** A route whose fields are known to its own handlers only. */
export type Route = RouteOf<Schema>;

/** Writes a route down; its handlers see their fields' types. */
export function route<const Of extends Schema>(of: RouteOf<Of>): Route {
  return of as unknown as Route;
}

/** A name as Vault's paths take it: letters, digits, `_`, and within it `-` and `.`. */
export function nameGroup(name: string): string {
  return `(?<${name}>\\w(?:[\\w.-]*\\w)?)`;
}
