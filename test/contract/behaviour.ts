/** One thing that a server does, told as a transcript: what was asked and what came back, without what differs by chance. */
export interface Behaviour<Backend> {
  /** A fact: "a lock is refused while another session holds it". Unique within its suite. */
  name: string;
  /** Asks the server, asserts what matters, and returns the transcript, which every backend must repeat to the letter. */
  run: (backend: Backend) => Promise<unknown>;
  /** Backends (by name) whose transcript is another one, with the reason in words. They must really differ. */
  differs?: Readonly<Record<string, string>>;
}

/** A server that a suite runs on. */
export interface BackendOf<Backend> {
  /** A column of the table: "embedded", "1.11.0". */
  name: string;
  /** Why it can't run here; undefined where it can. */
  missing: () => Promise<string | undefined>;
  start: () => Promise<Backend & AsyncDisposable>;
}
