import { retry, systemClock, withDeadline } from "@minicluster/core";
import { CliError } from "./error.ts";

const askMs = 1_000;

/**
 * Until `/health` at an address answers 200, which an instance does some seconds before Consul's check of it comes round.
 *
 * @throws the signal's reason
 * @example await answersHealth("http://127.0.0.1:8080", signal);
 */
export async function answersHealth(address: string, signal: AbortSignal): Promise<void> {
  const clock = systemClock;
  await retry({ clock, signal, capMs: 100, retryable: () => !signal.aborted }, async () => {
    const phase = `asking ${address} for its health`;
    const { status } = await withDeadline({ clock, ms: askMs, phase, signal }, async (inTime) => {
      const answer = await fetch(`${address}/health`, { signal: inTime });
      await answer.arrayBuffer();
      return answer;
    });
    if (status !== 200) throw new CliError("CLI_UNHEALTHY", `${address}/health answers ${status}`);
  });
}
