import { DiscoveryError } from "./errors.ts";
import type { Source } from "./source.ts";
import type { ServiceFilter } from "./table.ts";
import type { View } from "./view.ts";

/** Nobody answered within the time that the caller gave. */
export function unreachable(source: Source, phase: string, cause: unknown): DiscoveryError {
  const why = cause instanceof Error ? ` (${cause.message})` : "";
  return new DiscoveryError(source.unreachableCode, `${phase}: no answer from ${source.name} in time${why}`, cause);
}

/** There was an answer, but nobody in it. */
export function nobody(source: Source, filter: ServiceFilter & { service: string }, view: View): DiscoveryError {
  const { service, tag, status = "usable" } = filter;
  const named = tag === undefined ? service : `${service} with tag ${tag}`;
  const known = view.feed.instances?.length ?? 0;
  const away = view.state === "fresh" ? "" : " when it last answered; it is away now";
  if (known === 0) {
    const hint = "is it announced, and may this token read it?";
    return new DiscoveryError("SERVICE_UNKNOWN", `${source.name} knows no instance of ${named}${away}; ${hint}`);
  }
  const which = status === "usable" ? "none passes its checks" : "none matches";
  const message = `${source.name} knows ${known} of ${service}, but of ${named} ${which}${away}`;
  return new DiscoveryError("NO_USABLE_INSTANCE", message);
}
