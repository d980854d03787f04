import { ConsulFailure, notImplemented } from "./failure.ts";

/**
 * What `?filter=` leaves of a list, where it compares one field with one text: `CheckID == "service:web"`. That is the
 * part of Consul's filter language (https://developer.hashicorp.com/consul/api-docs/features/filtering) that is here.
 *
 * @param fields those that may be compared
 * @throws ConsulFailure 501 for any other expression
 */
export function equalityFilter<T extends object>(
  filter: string,
  fields: readonly (keyof T & string)[],
): (one: T) => boolean {
  if (filter === "") return () => true;
  const [, name, quoted = ""] = /^\s*(\w+)\s*(?:==)\s*("(?:[^"\\]|\\.)*")\s*$/.exec(filter) ?? [];
  const field = fields.find((known) => known === name);
  if (!field) throw notImplemented(`the filter ${filter}: only FIELD == "text" with ${fields.join(", ")} is`);
  const wanted = textIn(quoted);
  return (one) => one[field] === wanted;
}

function textIn(quoted: string): unknown {
  try {
    return JSON.parse(quoted);
  } catch {
    throw new ConsulFailure(400, `Failed to parse the text ${quoted} of a filter`);
  }
}
