/** A user event, as every agent hears of it. */
export interface UserEvent {
  readonly id: string;
  readonly name: string;
  readonly payload: Buffer;
  /** Regular expressions: who of the agents keeps it. "" for all. */
  readonly nodeFilter: string;
  readonly serviceFilter: string;
  readonly tagFilter: string;
  /** When, on serf's clock; 0 for one that is only being fired. */
  readonly time: number;
}

/** As Consul's JSON has it. */
export function wireEvent(event: UserEvent): Record<string, unknown> {
  return {
    ID: event.id,
    Name: event.name,
    Payload: event.payload.length > 0 ? event.payload.toString("base64") : null,
    NodeFilter: event.nodeFilter,
    ServiceFilter: event.serviceFilter,
    TagFilter: event.tagFilter,
    Version: 1,
    LTime: event.time,
  };
}

/** The halves of its id, XORed: what X-Consul-Index says of a list that ends with it. */
export function eventIndex({ id }: UserEvent): bigint {
  const digits = id.replaceAll("-", "");
  return BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`);
}
