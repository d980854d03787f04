import type { Route } from "./route.ts";

/** https://developer.hashicorp.com/consul/api-docs/status */
export const statusRoutes: readonly Route[] = [
  {
    methods: ["GET"],
    path: "/v1/status/leader",
    handle: async (request) => {
      await request.servers();
      return { json: request.agent.servers.leader };
    },
  },
  {
    methods: ["GET"],
    path: "/v1/status/peers",
    handle: async (request) => {
      await request.servers();
      return { json: [request.agent.servers.leader] };
    },
  },
];
