import { randomUUID } from "node:crypto";
import { sleep } from "@minicluster/core";
import type { Answer } from "./answer.ts";
import { patienceOf } from "./consistency.ts";
import { ConsulFailure } from "./failure.ts";
import type { AgentRequest, Route } from "./route.ts";
import { eventIndex, type UserEvent, wireEvent } from "./user-event.ts";
import { eventFilter } from "./user-event-filter.ts";
import { sizeFault } from "./user-event-size.ts";

/** https://developer.hashicorp.com/consul/api-docs/event */
export const userEventRoutes: readonly Route[] = [
  { methods: ["PUT"], path: "/v1/event/fire/", handle: fire },
  { methods: ["GET"], path: "/v1/event/list", handle: list },
];

/** Of a list without events. */
const noEventIndex = 1n;

async function fire(request: AgentRequest): Promise<Answer> {
  const { rest: name, query, agent } = request;
  if (name === "") throw new ConsulFailure(400, "Missing name");
  const [nodeFilter, serviceFilter, tagFilter] = [query.get("node"), query.get("service"), query.get("tag")];
  const payload = await request.body();
  if (nodeFilter !== "") eventFilter("node", nodeFilter);
  if (serviceFilter !== "") eventFilter("service", serviceFilter);
  if (tagFilter !== "") {
    eventFilter("tag", tagFilter);
    if (serviceFilter === "") throw new ConsulFailure(500, "Cannot provide tag filter without service filter");
  }
  const event: UserEvent = { id: randomUUID(), name, payload, nodeFilter, serviceFilter, tagFilter, time: 0 };
  // A server carries it; without one nobody hears of it.
  await request.servers();
  const { userEvents } = agent.gossip;
  const fault = sizeFault({ ...event, time: userEvents.next });
  if (fault !== undefined) {
    const text = `1 error occurred:\n\t* error broadcasting event to segment "": ${fault}\n\n`;
    throw new ConsulFailure(500, agent.mode === "client" ? `rpc error making call: ${text}` : text);
  }
  userEvents.fire(event);
  return { json: wireEvent(event) };
}

/** Waits where the last event is the one that `?index=` was told of: ids have no order. */
async function list(request: AgentRequest): Promise<Answer> {
  const { query, agent, signal } = request;
  const { waitMs } = patienceOf(query);
  const asked = query.get("index") === "" ? 0n : BigInt(query.get("index"));
  const named = (): UserEvent[] => agent.userEvents.named(query.get("name"));
  const isOld = (): boolean => indexOf(named()) === asked;
  if (isOld()) {
    const changed = new AbortController();
    const off = agent.userEvents.onEvent(() => isOld() || changed.abort());
    const either = AbortSignal.any([signal, changed.signal]);
    try {
      await sleep(agent.clock, waitMs, { signal: either });
    } catch {
      signal.throwIfAborted();
    } finally {
      off();
    }
  }
  const events = named();
  return { json: events.map(wireEvent), headers: { "X-Consul-Index": String(indexOf(events)) } };
}

function indexOf(events: readonly UserEvent[]): bigint {
  const last = events.at(-1);
  return last ? eventIndex(last) : noEventIndex;
}
