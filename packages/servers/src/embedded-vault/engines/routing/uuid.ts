/** A random id as Vault makes them: no version bits. */
export function uuid(random: (bytes: number) => Buffer): string {
  return random(16)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
