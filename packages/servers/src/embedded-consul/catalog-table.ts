import type { Topics } from "./topics.ts";

/** Something that a session may hang on is gone: a whole node, or a check that was removed or turned critical. */
export interface CatalogLoss {
  node: string;
  /** Undefined: the node itself. */
  checkId: string | undefined;
  index: number;
}

/** Nodes, and the services and checks on them. */
export class CatalogTable {
  readonly topics: Topics;
  readonly #mourners: ((loss: CatalogLoss) => void)[] = [];

  constructor(topics: Topics) {
    this.topics = topics;
  }

  /** `mourn` is called within the change that loses something. */
  onLoss(mourn: (loss: CatalogLoss) => void): void {
    this.#mourners.push(mourn);
  }
}
