import type { Secret } from "@minicluster/core";

export interface ConsulPorts {
  http: number;
  dns: number;
  serf_lan: number;
  /** Raft and RPC; listened on by servers alone. */
  server: number;
}

export interface ConsulConfigurationOptions {
  mode: "server" | "client";
  nodeName: string;
  directory: string;
  ports: ConsulPorts;
  /** `host:port` of the server's gossip, for a client. */
  join?: string | undefined;
  acl: boolean;
  agentToken?: Secret | undefined;
}

/** The agent's configuration file: one node on loopback, with Raft's timing as short as a production server allows. */
export function consulConfiguration(options: ConsulConfigurationOptions): Record<string, unknown> {
  const { mode, nodeName, directory, ports, join, acl, agentToken } = options;
  return {
    ...(mode === "server" && { server: true, bootstrap_expect: 1, performance: { raft_multiplier: 1 } }),
    ...(join !== undefined && { retry_join: [join], retry_interval: "250ms" }),
    node_name: nodeName,
    data_dir: directory,
    bind_addr: "127.0.0.1",
    advertise_addr: "127.0.0.1",
    client_addr: "127.0.0.1",
    ports: { ...ports, serf_wan: -1, grpc: -1, https: -1 },
    ...(acl && {
      acl: {
        enabled: true,
        default_policy: "deny",
        enable_token_persistence: true,
        ...(agentToken && { tokens: { agent: agentToken.reveal() } }),
      },
    }),
    // A node that stops and starts again with the same address keeps its place.
    leave_on_terminate: false,
    rejoin_after_leave: true,
    disable_update_check: true,
    log_level: "WARN",
  };
}
