import type { ActiveVault } from "../active-vault.ts";
import type { Backend, RoutedRequest } from "../backend.ts";
import { oneError, VaultFailure } from "../failure.ts";
import type { LogicalAnswer } from "../logical.ts";
import { absentRoutes } from "./absent-routes.ts";
import { auditRoutes } from "./audit-routes.ts";
import { capabilityRoutes } from "./capability-routes.ts";
import { leaseRoutes } from "./lease-routes.ts";
import { mountRoutes, uiMountRoutes } from "./mount-routes.ts";
import { policyRoutes } from "./policy-routes.ts";
import type { SysRoute } from "./sys-route.ts";
import { wrappingRoutes } from "./wrapping-routes.ts";

/** The first that fits counts. */
export const sysRoutes: readonly SysRoute[] = [
  ...mountRoutes,
  ...uiMountRoutes,
  ...policyRoutes,
  ...capabilityRoutes,
  ...leaseRoutes,
  ...wrappingRoutes,
  ...auditRoutes,
  ...absentRoutes,
];

/** `sys/`: the paths that need an unsealed, active node. */
export class SysBackend implements Backend {
  readonly #vault: ActiveVault;

  constructor(vault: ActiveVault) {
    this.#vault = vault;
  }

  async handle(request: RoutedRequest): Promise<LogicalAnswer | undefined> {
    const below = trimmed(request.below);
    const route = routeOf(below);
    if (!route) throw new VaultFailure(404, oneError("unsupported path"));
    const operation = request.operation === "create" ? "update" : request.operation;
    const handler = route.does[operation];
    if (!handler) throw new VaultFailure(405, oneError("unsupported operation"));
    const parts = route.path.exec(below)?.slice(1) ?? [];
    return await handler({ vault: this.#vault, request, parts: parts.map((part) => part ?? "") });
  }

  open(below: string): boolean {
    return routeOf(trimmed(below))?.open === true;
  }

  root(below: string): boolean {
    return routeOf(trimmed(below))?.root === true;
  }

  async exists(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}

function routeOf(below: string): SysRoute | undefined {
  return sysRoutes.find(({ path }) => path.test(below));
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}
