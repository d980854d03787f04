import type { Clock, Duration } from "@minicluster/core";
import type { OnProgress } from "./progress.ts";

/** What every server's start takes. */
export interface StartOptions {
  /** The handle's name. Default: the kind of server. */
  name?: string | undefined;
  /** How long start and restart wait for it to be ready. Default "30s". */
  readyTimeout?: Duration | undefined;
  /** After it, stop() ends it by force. Default "10s". */
  stopTimeout?: Duration | undefined;
  /** Lines that say what is downloaded or built. Default: to stderr. */
  onProgress?: OnProgress | undefined;
  /** Ends the start. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}
