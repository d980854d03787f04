import { AdminError } from "./error.ts";

/** Tries a service out for real. Rejects with what went wrong. */
export type Exercise = (baseUrl: string, signal: AbortSignal) => Promise<void>;

/** Makes a todo, and deletes it again. */
export const exerciseTodo: Exercise = async (baseUrl, signal) => {
  const body = JSON.stringify({ status: "test", content: "made by minicluster status" });
  const headers = { "content-type": "application/json" };
  const made = await ask(`${baseUrl}/todo`, { method: "POST", body, headers, signal });
  const todo: unknown = await made.json().catch(() => undefined);
  const id = (todo as { id?: unknown } | undefined)?.id;
  if (made.status !== 201 || !Number.isSafeInteger(id)) throw failed(`POST /todo answered ${made.status}`);
  const gone = await ask(`${baseUrl}/todo/${id}`, { method: "DELETE", signal });
  await gone.body?.cancel();
  if (gone.status !== 204) throw failed(`DELETE /todo/${id} answered ${gone.status}; it is still there`);
};

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "error" });
  } catch (error) {
    init.signal?.throwIfAborted();
    const code = ((error as Error).cause as { code?: unknown } | undefined)?.code;
    throw failed(`${init.method} ${new URL(url).pathname}: ${typeof code === "string" ? code : "no answer"}`);
  }
}

function failed(message: string): AdminError {
  return new AdminError({ code: "ADMIN_TEST_FAILED", kind: "unreachable", message });
}
