/** Something that happened, in milliseconds since the load began. */
export interface Mark {
  at: number;
  /** `fault`: by the drill. `cluster`: what a service noticed or did. */
  kind: "fault" | "cluster";
  text: string;
}

/** A state of one thing over time; it lasts until the next one of the same lane. */
export interface LaneState {
  at: number;
  /** A server's or a service's name. */
  lane: string;
  state: string;
}

/** What happened in a drill, beside its load. */
export class Timeline {
  readonly marks: Mark[] = [];
  readonly states: LaneState[] = [];
  readonly #now: () => number;
  readonly #last = new Map<string, string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  mark(kind: Mark["kind"], text: string, at: number = this.#now()): void {
    this.marks.push({ at: Math.round(at), kind, text });
  }

  /** Keeps a state where it is another one than before. */
  state(lane: string, state: string): void {
    if (this.#last.get(lane) === state) return;
    this.#last.set(lane, state);
    this.states.push({ at: Math.round(this.#now()), lane, state });
  }

  /** The state of a lane at the moment. */
  stateOf(lane: string): string | undefined {
    return this.#last.get(lane);
  }
}
