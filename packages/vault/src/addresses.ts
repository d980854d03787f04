import { invalidOption } from "./error.ts";

/** Where Vault is: base URLs, the best first, that may change. */
export interface VaultAddressSource {
  current(): readonly string[];
  /** Returns a function that takes the listener off again. */
  onChange(listener: () => void): () => void;
  /** Resolves when `current()` has something to say. */
  ready?(options?: { signal?: AbortSignal | undefined }): Promise<void>;
}

/**
 * One address, a list of the nodes of one logical Vault, or a source of them.
 *
 * @throws VaultError `VAULT_INVALID_OPTION` for what is not an http or https URL without path, user and query
 */
export function addressSource(address: string | readonly string[] | VaultAddressSource): VaultAddressSource {
  if (typeof address !== "string" && "current" in address) return address;
  const list = (typeof address === "string" ? [address] : address).map(baseUrl);
  if (list.length === 0)
    throw invalidOption('address is an empty list: name at least one Vault, such as "http://127.0.0.1:8200"');
  return { current: () => list, onChange: () => () => {} };
}

/** The origin of an address, or the reason why it is none. */
export function baseUrl(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const plain = url && ["http:", "https:"].includes(url.protocol) && !url.username && !url.password;
  if (!plain || url.search || url.hash || url.pathname !== "/") {
    throw invalidOption(
      `a Vault address is not usable: write scheme, host and port, such as "https://vault.example:8200"`,
    );
  }
  return url.origin;
}

/** Addresses as origins, without what is not usable and without repetition. */
export function origins(addresses: readonly string[]): string[] {
  const usable = addresses.flatMap((address) => {
    try {
      return [baseUrl(address)];
    } catch {
      return [];
    }
  });
  return [...new Set(usable)];
}
