const tokenLike = /\b(?:hv[sbr]\.|[sbr]\.)[A-Za-z0-9_-]{16,}/g;
/** Shorter strings are words, not secrets, and would turn messages into riddles. */
const shortestSecret = 4;
const longestText = 300;

/** Text of a peer, made fit for an error: one line, bounded, without anything that was sent or looks like a token. */
export function redact(text: string, sent: readonly string[]): string {
  let clean = text;
  for (const secret of sent) if (secret.length >= shortestSecret) clean = clean.replaceAll(secret, "[secret]");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  clean = clean.replace(tokenLike, "[secret]").replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  return clean.length > longestText ? `${clean.slice(0, longestText)}...` : clean;
}

/** Every string in a request's body: what must not come back in an error. */
export function stringsOf(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth > 8) return [];
  return Object.values(value).flatMap((part) => stringsOf(part, depth + 1));
}
