import type { Pick } from "./balancer.ts";
import type { PickOptions } from "./pick-options.ts";

/** The one thing that HTTP clients need of a discovery. */
export interface Picker {
  pick(service: string, options?: PickOptions): Promise<Pick>;
}
