/** The statements of a text that are not empty: those between semicolons. */
export function statements(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(";"))
    .map((statement) => statement.trim())
    .filter(Boolean);
}

/** `{{name}}` and the like replaced by values, as they are: nothing is escaped. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{{${name}}}`, value), template);
}

/** What drops an account where its role does not say how. */
export const defaultRevocation = [
  "REVOKE ALL PRIVILEGES, GRANT OPTION FROM '{{name}}'@'%'",
  "DROP USER '{{name}}'@'%'",
] as const;
