import { agentCheckRoutes } from "./agent-check-routes.ts";
import { agentHealthRoutes } from "./agent-health-routes.ts";
import { agentRoutes } from "./agent-routes.ts";
import { agentServiceRoutes } from "./agent-service-routes.ts";
import { catalogRoutes } from "./catalog-routes.ts";
import { catalogWriteRoutes } from "./catalog-write-routes.ts";
import { healthRoutes } from "./health-routes.ts";
import { kvRoutes } from "./kv-routes.ts";
import type { Route } from "./route.ts";
import { sessionRoutes } from "./session-routes.ts";
import { statusRoutes } from "./status-routes.ts";
import { txnRoutes } from "./txn-routes.ts";
import { userEventRoutes } from "./user-event-routes.ts";

/** All that the embedded Consul answers. */
export const routes: readonly Route[] = [
  ...agentRoutes,
  ...agentServiceRoutes,
  ...agentHealthRoutes,
  ...agentCheckRoutes,
  ...catalogRoutes,
  ...catalogWriteRoutes,
  ...healthRoutes,
  ...statusRoutes,
  ...kvRoutes,
  ...sessionRoutes,
  ...txnRoutes,
  ...userEventRoutes,
];
