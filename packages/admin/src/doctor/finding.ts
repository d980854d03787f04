/** What a finding is about. */
export type FindingSubject =
  | "settings"
  | "consul"
  | "vault"
  | "clock"
  | "login"
  | "policy"
  | "credentials"
  | "mysql"
  | "grants"
  | "leases";

/** One thing that `doctor` looked at. */
export interface Finding {
  subject: FindingSubject;
  /** `warning`: it works, not as well as it could, or not for ever. `not checked`: what is missing to look at it. */
  status: "ok" | "warning" | "failure" | "not checked";
  /** What is so. Never a secret. */
  what: string;
  /** What to do about it; undefined where nothing needs to be done. */
  advice: string | undefined;
}

/** The findings of one run, in the order in which they were made. */
export class Findings {
  readonly #list: Finding[] = [];
  readonly #onFinding: ((finding: Finding) => void) | undefined;

  constructor(onFinding?: (finding: Finding) => void) {
    this.#onFinding = onFinding;
  }

  get list(): readonly Finding[] {
    return this.#list;
  }

  /** Whether nothing failed. */
  get healthy(): boolean {
    return this.#list.every(({ status }) => status !== "failure");
  }

  ok(subject: FindingSubject, what: string): void {
    this.#add({ subject, status: "ok", what, advice: undefined });
  }

  warning(subject: FindingSubject, what: string, advice: string): void {
    this.#add({ subject, status: "warning", what, advice });
  }

  failure(subject: FindingSubject, what: string, advice: string): void {
    this.#add({ subject, status: "failure", what, advice });
  }

  /** `advice`: undefined where a failure above is the reason. */
  notChecked(subject: FindingSubject, what: string, advice?: string): void {
    this.#add({ subject, status: "not checked", what, advice });
  }

  #add(finding: Finding): void {
    this.#list.push(finding);
    this.#onFinding?.(finding);
  }
}
