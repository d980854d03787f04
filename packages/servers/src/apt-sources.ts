/** One repository and suite out of apt's configuration. */
export interface AptSource {
  uri: string;
  suite: string;
  /** A keyring's path; undefined where none is named, or the key stands in the file itself. */
  signedBy: string | undefined;
}

/** `deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian bookworm main`: sources.list(5), one-line style. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)/.exec(line.replace(/#.*/, ""));
    if (!match?.[2] || !match[3]) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(match[1] ?? "")?.[1];
    return [{ uri: trimmed(match[2]), suite: match[3], signedBy: keyring(signedBy) }];
  });
}

/** Stanzas of `Types:`, `URIs:`, `Suites:`, `Signed-By:`: sources.list(5), deb822 style. */
export function parseDeb822Sources(text: string): AptSource[] {
  const uncommented = text.replaceAll("\r", "").replace(/^#.*\n?/gm, "");
  return uncommented.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let name = "";
    for (const line of stanza.split("\n")) {
      const field = /^([\w-]+):(.*)$/.exec(line);
      if (field?.[1]) {
        name = field[1].toLowerCase();
        fields.set(name, field[2] ?? "");
      } else if (/^[ \t]/.test(line)) fields.set(name, `${fields.get(name) ?? ""} ${line.trim()}`);
    }
    const words = (field: string): string[] => (fields.get(field) ?? "").split(/\s+/).filter((word) => word !== "");
    if (!words("types").includes("deb") || words("enabled")[0]?.toLowerCase() === "no") return [];
    const signedBy = keyring(words("signed-by")[0]);
    return words("uris").flatMap((uri) => words("suites").map((suite) => ({ uri: trimmed(uri), suite, signedBy })));
  });
}

function trimmed(uri: string): string {
  return uri.replace(/\/+$/, "");
}

function keyring(path: string | undefined): string | undefined {
  return path?.startsWith("/") ? path : undefined;
}
