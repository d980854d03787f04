import { VaultFailure } from "../failure.ts";
import type { SysHandler, SysRoute } from "./sys-route.ts";

/** Parts of a real Vault that this one has not; each says so by its name. */
const absent: readonly string[] = [
  "config",
  "control-group",
  "generate-root",
  "generate-recovery-token",
  "ha-status",
  "host-info",
  "in-flight-req",
  "internal",
  "key-status",
  "license",
  "loggers",
  "managed-keys",
  "metrics",
  "mfa",
  "monitor",
  "namespaces",
  "plugins",
  "pprof",
  "quotas",
  "raw",
  "rekey",
  "rekey-recovery-key",
  "remount",
  "replication",
  "rotate",
  "sealwrap",
  "storage",
  "tools",
  "version-history",
];

const refuse: SysHandler = async ({ request }) => {
  throw new VaultFailure(501, `${request.path.replace(/\/$/, "")} is not part of the embedded Vault`);
};

export const absentRoutes: readonly SysRoute[] = [
  {
    path: new RegExp(`^(?:${absent.join("|")})(?:/.*)?$`),
    does: { read: refuse, list: refuse, update: refuse, delete: refuse },
  },
];
