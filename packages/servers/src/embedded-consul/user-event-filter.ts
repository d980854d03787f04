import { ConsulFailure, notImplemented } from "./failure.ts";
import type { LocalServices } from "./local-services.ts";
import type { UserEvent } from "./user-event.ts";

/** What Go's regexp package says of the mistakes that are made most. */
const faults: readonly (readonly [pattern: RegExp, fault: (found: RegExpExecArray, text: string) => string])[] = [
  [/^(?:[^\\]|\\.)*\\$/, () => "trailing backslash at end of expression: ``"],
  [/^([*+?])/, ([found]) => `missing argument to repetition operator: \`${found}\``],
  [/([*+]{2,})/, ([found]) => `invalid nested repetition operator: \`${found}\``],
  [/^[^(]*\)/, (_, text) => `unexpected ): \`${text}\``],
  [/\[[^\]]*$/, ([found]) => `missing closing ]: \`${found}\``],
  [/\([^)]*$/, (_, text) => `missing closing ): \`${text}\``],
];

/**
 * A regular expression of a filter.
 *
 * @throws ConsulFailure 500 where it is none, 501 where only Go's own syntax makes it one
 */
export function eventFilter(kind: "node" | "service" | "tag", text: string): RegExp {
  for (const [pattern, fault] of faults) {
    const found = pattern.exec(text);
    if (found) throw new ConsulFailure(500, `Invalid ${kind} filter: error parsing regexp: ${fault(found, text)}`);
  }
  try {
    return new RegExp(text);
  } catch {
    throw notImplemented(`the ${kind} filter ${JSON.stringify(text)}`);
  }
}

/** Whether an agent is one that the event is for. */
export function isFor(event: UserEvent, agent: { name: string; local: LocalServices }): boolean {
  const { nodeFilter, serviceFilter, tagFilter } = event;
  if (nodeFilter !== "" && !new RegExp(nodeFilter).test(agent.name)) return false;
  if (serviceFilter === "") return true;
  const services = [...agent.local.services.values()].map(({ Service, Tags }) => ({ name: Service, tags: Tags }));
  return services.some(
    ({ name, tags }) =>
      new RegExp(serviceFilter).test(name) && (tagFilter === "" || tags.some((tag) => new RegExp(tagFilter).test(tag))),
  );
}
