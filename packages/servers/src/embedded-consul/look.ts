import type { Answer } from "./answer.ts";

/** What a read of the state found. */
export interface Look extends Answer {
  /** Of the last change of what was looked at; X-Consul-Index. 0 is told as 1. */
  index: number;
  /** Any change of these may change the look. */
  topics: readonly string[];
}
