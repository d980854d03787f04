import type { Freshness } from "@minicluster/core";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** MySQL's address, kept fresh by somebody, such as discovery. */
export interface AddressSource {
  /** The last known one; undefined before the first. */
  readonly current: Address | undefined;
  readonly state: Freshness;
  ready(options?: { signal?: AbortSignal | undefined }): Promise<Address>;
  /** Returns a function that takes the listener off again. */
  onChange(listener: (address: Address) => void): () => void;
}

/** An address that never changes. */
export function staticAddress(address: Address): AddressSource {
  return { current: address, state: "fresh", ready: async () => address, onChange: () => () => {} };
}
