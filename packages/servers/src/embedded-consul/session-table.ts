import type { Topics } from "./topics.ts";

/** Sessions, by id and by what makes them invalid. */
export class SessionTable {
  readonly topics: Topics;

  constructor(topics: Topics) {
    this.topics = topics;
  }
}
