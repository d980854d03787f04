import { randomInt } from "node:crypto";
import { type Clock, withDeadline } from "@minicluster/core";
import type { DecodedPacket } from "dns-packet";
import { type DnsQuestionType, responseCode } from "./dns-message.ts";
import { type DnsSettings, dnsName } from "./dns-options.ts";
import { askTcp, askUdp } from "./dns-transport.ts";
import { DiscoveryError } from "./errors.ts";

/** Milliseconds until the same question is asked over TCP, should UDP have lost it. */
const udpPatienceMs = 1_000;
/**
 * Consul trims answers over UDP with or without saying so (consul #788, #2335), to as few as three records. An answer
 * with that many may have been trimmed.
 */
const trimmedFrom = 3;

const noError = 0;
const noSuchName = 3;

/** One question at a time to one DNS server. */
export class DnsResolver {
  readonly #settings: DnsSettings;
  readonly #clock: Clock;

  constructor(settings: DnsSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * The whole answer; undefined where no such name exists.
   *
   * @throws DiscoveryError `DNS_UNREACHABLE`; the signal's reason
   */
  async ask(
    name: string,
    type: DnsQuestionType,
    signal: AbortSignal,
  ): Promise<{ answer: DecodedPacket; exists: boolean }> {
    const { timeoutMs } = this.#settings;
    const phase = `asking for ${type} ${name}`;
    try {
      const answer = await withDeadline({ clock: this.#clock, ms: timeoutMs, phase, signal }, (deadline) =>
        this.#whole(name, type, deadline),
      );
      const code = responseCode(answer);
      if (code === noError || code === noSuchName) return { answer, exists: code === noError };
      throw new DiscoveryError("DNS_UNREACHABLE", `${phase}: ${dnsName(this.#settings)} answered with code ${code}`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DiscoveryError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new DiscoveryError(
        "DNS_UNREACHABLE",
        `${phase}: no answer from ${dnsName(this.#settings)}: ${code ?? message}`,
        error,
      );
    }
  }

  async #whole(name: string, type: DnsQuestionType, signal: AbortSignal): Promise<DecodedPacket> {
    const question = { id: randomInt(0x1_0000), name, type };
    let answer: DecodedPacket | undefined;
    try {
      const phase = `asking for ${type} ${name} over UDP`;
      answer = await withDeadline({ clock: this.#clock, ms: udpPatienceMs, phase, signal }, (patience) =>
        askUdp(this.#settings, question, patience),
      );
    } catch (error) {
      if (signal.aborted) throw error;
    }
    if (answer && !answer.flag_tc && (answer.answers?.length ?? 0) < trimmedFrom) return answer;
    try {
      return await askTcp(this.#settings, { ...question, id: randomInt(0x1_0000) }, signal);
    } catch (error) {
      // Where no TCP can be had, an answer that does not say it was trimmed is better than none.
      if (!answer || answer.flag_tc || signal.aborted) throw error;
      return answer;
    }
  }
}
