/** How much of a drill is run. What must hold is the same in both, but for latencies: those need a quiet machine. */
export interface DrillForm {
  name: "full" | "short";
  /** Requests a second on todo, and calls a second on the pool. */
  httpRate: number;
  mysqlRate: number;
  /** How long it is measured before the failure, and at least after all is well again. */
  beforeMs: number;
  afterMs: number;
  /** Whether latencies are held to their bars. */
  latencies: boolean;
}

const full: DrillForm = {
  name: "full",
  httpRate: 300,
  mysqlRate: 500,
  beforeMs: 8_000,
  afterMs: 8_000,
  latencies: true,
};

const short: DrillForm = {
  name: "short",
  httpRate: 60,
  mysqlRate: 100,
  beforeMs: 1_500,
  afterMs: 2_000,
  latencies: false,
};

/** Of this run: MINICLUSTER_DRILL_FORM, `full` by default. */
export const form: DrillForm = process.env["MINICLUSTER_DRILL_FORM"] === "short" ? short : full;

/** One value for the full form, another for the short one. */
export function inFull<T>(inFullForm: T, inShortForm: T): T {
  return form.name === "full" ? inFullForm : inShortForm;
}
