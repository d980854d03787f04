/** `@minicluster/core/testing`: what a test needs to own time. */
export { ManualClock } from "./manual-clock.ts";
