import type { Route } from "./route.ts";

/** https://www.consul.io/api-docs/status */
export const statusRoutes: readonly Route[] = [
  {
    methods: ["GET"],
    path: "/v1/status/leader",
    handle: async ({ agent, signal }) => {
      await agent.servers.reach(signal);
      return { json: agent.servers.leader };
    },
  },
  {
    methods: ["GET"],
    path: "/v1/status/peers",
    handle: async ({ agent, signal }) => {
      await agent.servers.reach(signal);
      return { json: [agent.servers.leader] };
    },
  },
];
