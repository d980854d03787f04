const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const digits = "0123456789";
const classes = [lower, upper, digits, "-"];
const alphabet = classes.join("");
const length = 20;

/** A password as Vault makes them without a policy: 20 of letters, digits and `-`, at least one of each class. */
export function newPassword(random: (bytes: number) => Buffer): string {
  for (;;) {
    const password = randomText(alphabet, length, random);
    if (classes.every((of) => [...password].some((character) => of.includes(character)))) return password;
  }
}

/** Characters of an alphabet of at most 256, each as likely. */
export function randomText(of: string, size: number, random: (bytes: number) => Buffer): string {
  const fair = 256 - (256 % of.length);
  let text = "";
  while (text.length < size) {
    for (const byte of random(size)) if (byte < fair && text.length < size) text += of[byte % of.length];
  }
  return text;
}

/** Letters and digits. */
export const base62: string = digits + lower + upper;
