import type { IncomingMessage } from "node:http";
import { TodoError } from "./errors.ts";

/** The longest todo allowed, every character of it escaped as `\uD83D\uDE00`, still fits. */
export const bodyLimit: number = 128 * 1024;

/**
 * The body as JSON, whatever the content type says: `curl -d` calls it a form. A byte order mark is skipped
 * (RFC 8259, section 8.1); bytes that are not UTF-8 are refused rather than replaced.
 *
 * @throws TodoError `TOO_LARGE`, `UNSUPPORTED_ENCODING`, `NOT_JSON`; `ABORTED` when the client went away
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new TodoError({ code: "UNSUPPORTED_ENCODING", message: "the body must be sent without a content encoding" });
  }
  if (Number(request.headers["content-length"] ?? 0) > bodyLimit) throw tooLarge();
  const bytes = await readBytes(request);
  if (bytes.length === 0) throw new TodoError({ code: "NOT_JSON", message: "the body is empty; send a JSON object" });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new TodoError({ code: "NOT_JSON", message: "the body is not UTF-8" });
  }
  try {
    return JSON.parse(text);
  } catch {
    // V8's own message quotes the input.
    throw new TodoError({ code: "NOT_JSON", message: "the body is not JSON" });
  }
}

/** By events: leaving a `for await` loop would destroy the socket, and with it the answer. */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bodyLimit) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", () => reject(aborted()));
    // It closes after its end as well, and an error that nobody gets takes as long to make as one that somebody does.
    request.once("close", () => request.complete || reject(aborted()));
  });
}

function tooLarge(): TodoError {
  return new TodoError({ code: "TOO_LARGE", message: `the body is larger than ${bodyLimit} bytes` });
}

function aborted(): TodoError {
  return new TodoError({ code: "ABORTED", message: "the client went away before the end of its body" });
}
