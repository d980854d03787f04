import type { Fault } from "./fault.ts";
import { mysqlFaults } from "./mysql-faults.ts";
import { processFaults } from "./process-faults.ts";
import { vaultFaults } from "./vault-faults.ts";

/** Everything that goes wrong, by name. */
export const faults = { ...vaultFaults, ...mysqlFaults, ...processFaults } as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
