import type { Clock } from "@minicluster/core";
import type { Gate } from "../embedded/gate.ts";

/** The clock of an engine: what falls due while its server is paused comes when it goes on. */
export function engineClock(clock: Clock, gate: Gate): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(ms, run) {
      let cancelled = false;
      const cancel = clock.after(ms, () => {
        void gate.passed().then(() => {
          if (!cancelled) run();
        });
      });
      return () => {
        cancelled = true;
        cancel();
      };
    },
  };
}
