/**
 * What the service needs of a pool: one method of mysql2/promise's `Pool`, so that a plain pool and the rotating one
 * both do. Values always travel apart from the statement.
 */
export interface Database {
  execute(options: { sql: string; timeout?: number }, values?: string[]): Promise<[unknown, unknown]>;
}
