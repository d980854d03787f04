import { MysqlFailure } from "../accounts/mysql-failure.ts";
import type { MysqlServer } from "../accounts/mysql-server.ts";
import { broken } from "../routing/refusals.ts";

const byDefault = ["ALTER USER '{{username}}'@'%' IDENTIFIED BY '{{password}}'"];

export interface PasswordChange {
  server: MysqlServer;
  username: string;
  password: string;
  /** None: ALTER USER. */
  statements: readonly string[];
  /** What was being done, for the error. */
  phase: string;
}

/** @throws VaultFailure 500 with what MySQL said */
export async function changePassword({ server, username, password, statements, phase }: PasswordChange): Promise<void> {
  try {
    await server.execute(statements.length ? statements : byDefault, { name: username, username, password });
  } catch (error) {
    if (!(error instanceof MysqlFailure)) throw error;
    throw broken(`${phase}: failed to change password: ${error.message}`);
  }
}
