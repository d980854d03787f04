import type { Route } from "./route.ts";
import { statusRoutes } from "./status-routes.ts";

/** All that the embedded Consul answers. */
export const routes: readonly Route[] = [...statusRoutes];
