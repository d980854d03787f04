/** A column that the service writes to. */
export interface Column {
  name: string;
  types: readonly string[];
  /** The least length, as information_schema counts it. */
  length: number;
  autoIncrement?: boolean;
}

/** A row of {@link selectColumns}. */
export interface ColumnRow {
  name: string;
  type: string;
  length: number | string | null;
  nullable: string;
  fallback: string | null;
  extra: string;
  charset: string | null;
}

/** The columns of the table `todo` of the connection's own database; aliases, since MySQL 8 answers in upper case. */
export const selectColumns: string = `SELECT column_name AS name, data_type AS type, character_maximum_length AS length,
  is_nullable AS nullable, column_default AS fallback, extra AS extra, character_set_name AS charset
  FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'todo'`;

/** What is wrong with a table, a line each: a column that is missing or narrower, or one that needs a value of its own. */
export function differences(rows: readonly ColumnRow[], wanted: readonly Column[]): string[] {
  const found = new Map(rows.map((row) => [row.name.toLowerCase(), row]));
  const lines: string[] = [];
  for (const column of wanted) {
    const row = found.get(column.name);
    found.delete(column.name);
    const line = row ? difference(row, column) : "is missing";
    if (line) lines.push(`${column.name} ${line}`);
  }
  for (const row of found.values()) {
    const needsValue = row.nullable === "NO" && row.fallback === null && !/auto_increment|generated/i.test(row.extra);
    if (needsValue) lines.push(`${row.name} is not one of ours, and has no default`);
  }
  return lines;
}

function difference(row: ColumnRow, column: Column): string | undefined {
  if (!column.types.includes(row.type.toLowerCase())) return `is ${row.type}, not ${column.types.join(" or ")}`;
  if (Number(row.length ?? 0) < column.length) return `holds ${row.length}, less than ${column.length}`;
  if (column.autoIncrement && !/auto_increment/i.test(row.extra)) return "is not AUTO_INCREMENT";
  if (row.charset !== null && row.charset !== "utf8mb4") return `is ${row.charset}, not utf8mb4`;
  return undefined;
}
