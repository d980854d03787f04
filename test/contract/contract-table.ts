export interface ContractTable {
  title: string;
  backends: readonly string[];
  /** By behaviour, then by backend: same, other, differs (on purpose), failed. */
  seen: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The table behaviour x backend, as text. */
export function contractTable({ title, backends, seen }: ContractTable): string {
  const width = Math.max(title.length, ...[...seen.keys()].map(({ length }) => length)) + 2;
  const row = (first: string, cells: readonly string[]): string =>
    first.padEnd(width) + cells.map((cell) => cell.padEnd(12)).join("");
  const rows = [...seen].map(([name, verdicts]) =>
    row(
      name,
      backends.map((backend) => verdicts.get(backend) ?? "not run"),
    ),
  );
  return [row(title, backends), ...rows].join("\n");
}
