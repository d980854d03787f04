import type { Topics } from "./topics.ts";

/** Keys and values, and the tombstones of those that were deleted. */
export class KvTable {
  readonly topics: Topics;

  constructor(topics: Topics) {
    this.topics = topics;
  }
}
