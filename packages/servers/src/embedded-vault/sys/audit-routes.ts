import type { SysRoute } from "./sys-route.ts";

export const auditRoutes: readonly SysRoute[] = [];
