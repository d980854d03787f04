import type { World } from "../stage/world.ts";

/** How long a client waits for todo's answer. */
const patienceMs = 5_000;

let bursts = 0;

/** So many requests that read and as many that write, at once, beside the load and counted with it. */
export async function burst({ client, meter }: World, count: number): Promise<void> {
  const todo = client.service("todo");
  bursts += 1;
  const name = `load burst ${bursts}`;
  const send = (kind: string, path: string, init: { method?: string; body?: string } = {}): Promise<void> =>
    meter.measure(meter.now(), kind, async () => {
      const response = await todo.fetch(path, { ...init, signal: AbortSignal.timeout(patienceMs) });
      const body = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${body.slice(0, 200)}`);
    });
  const read = (): Promise<void> => send("GET", "/todo?limit=5");
  const write = (content: string): Promise<void> =>
    send("POST", "/todo", { method: "POST", body: JSON.stringify({ content }) });
  await Promise.all(Array.from({ length: count }, (_, at) => [read(), write(`${name}.${at}`)]).flat());
}
