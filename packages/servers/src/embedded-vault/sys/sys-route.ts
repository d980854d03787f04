import type { ActiveVault } from "../active-vault.ts";
import type { RoutedRequest } from "../backend.ts";
import type { Operation } from "../engine.ts";
import type { LogicalAnswer } from "../logical.ts";

export interface SysCall {
  readonly vault: ActiveVault;
  readonly request: RoutedRequest;
  /** What the brackets of the route's pattern hold. */
  readonly parts: readonly string[];
}

export type SysHandler = (call: SysCall) => Promise<LogicalAnswer | undefined>;

/** One path below `sys/`, and what can be done there. */
export interface SysRoute {
  /** Of the whole path below `sys/`, without a slash at its end. */
  readonly path: RegExp;
  /** Needs `sudo`. */
  readonly root?: boolean | undefined;
  /** Needs no token. */
  readonly open?: boolean | undefined;
  /** POST and PUT are `update`. */
  readonly does: Partial<Record<Exclude<Operation, "create">, SysHandler>>;
}
