import type { Socket } from "node:net";

/**
 * The first line that comes over a socket. Undefined when it ends, fails or grows too long before.
 *
 * @param maxBytes the longest line that is taken
 */
export function lineIn(socket: Socket, maxBytes: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const done = (line: string | undefined): void => {
      socket.pause();
      resolve(line);
    };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) done(text.slice(0, end));
      else if (text.length > maxBytes) done(undefined);
    });
    for (const event of ["end", "error", "close"] as const) socket.once(event, () => done(undefined));
  });
}
