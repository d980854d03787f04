import type { Weights } from "./catalog-shapes.ts";

/** What is wrong with the weights of a service in DNS, in Consul's words; undefined when nothing is. */
export function weightsFault({ Passing, Warning }: Weights): string | undefined {
  if (Passing < 1) return "Passing must be greater than 0";
  if (Warning < 0) return "Warning must be greater or equal than 0";
  return Passing > 65_535 || Warning > 65_535 ? "DNS Weight must be between 0 and 65535" : undefined;
}
