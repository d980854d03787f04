import { randomBytes, randomUUID } from "node:crypto";
import { combine, split } from "shamir-secret-sharing";
import { decrypt, encrypt } from "./barrier.ts";
import { VaultFailure } from "./failure.ts";
import type { EmbeddedVaultStorage, SealConfiguration } from "./vault-storage.ts";

const keyBytes = 32;
const keyringName = "keyring";

/** What must hold of shares and threshold, in the order and the words of Vault. */
const rules: readonly (readonly [broken: (shares: number, threshold: number) => boolean, says: string])[] = [
  [(shares) => shares < 1, "shares must be at least one"],
  [(_, threshold) => threshold < 1, "threshold must be at least one"],
  [(shares, threshold) => shares > 1 && threshold === 1, "threshold must be greater than one for multiple shares"],
  [(shares) => shares > 255, "shares must be less than 256"],
  [(_, threshold) => threshold > 255, "threshold must be less than 256"],
  [(shares, threshold) => threshold > shares, "threshold cannot be larger than shares"],
];

/** @throws VaultFailure 400 */
export function checkSeal({ shares, threshold }: SealConfiguration): void {
  for (const [broken, says] of rules) {
    if (broken(shares, threshold)) throw new VaultFailure(400, `invalid seal configuration: ${says}`);
  }
}

export interface NewKeys {
  /** 33 bytes each, or the key itself where it is not split. */
  shares: Buffer[];
  barrierKey: Buffer;
}

/** Makes the key of the storage, locks it with an unseal key, and splits that (Shamir's secret sharing over GF(2^8)). */
export async function makeKeys(storage: EmbeddedVaultStorage, seal: SealConfiguration): Promise<NewKeys> {
  const [unsealKey, barrierKey] = [randomBytes(keyBytes), randomBytes(keyBytes)];
  // The package takes plain bytes only; a Buffer is refused.
  const plain = new Uint8Array(unsealKey);
  const shares = seal.shares === 1 ? [plain] : await split(plain, seal.shares, seal.threshold);
  storage.root.values.set(keyringName, encrypt(unsealKey, barrierKey.toString("base64")));
  storage.seal = seal;
  return { shares: shares.map((share) => Buffer.from(share)), barrierKey };
}

/** The keys that one node has been given so far. */
export class Unsealing {
  #nonce = "";
  #keys: Buffer[] = [];

  get progress(): number {
    return this.#keys.length;
  }

  get nonce(): string {
    return this.#nonce;
  }

  reset(): void {
    this.#keys = [];
    this.#nonce = "";
  }

  /**
   * Takes one key. @returns the storage's key when it was the last one needed
   * @throws VaultFailure 400 for a text that is no key; 500 or 400 when they don't open the storage: all are forgotten
   */
  async give(text: string, storage: EmbeddedVaultStorage): Promise<Buffer | undefined> {
    const { seal } = storage;
    if (!seal) throw new VaultFailure(400, "Vault is not initialized");
    const key = keyOf(text);
    if (key.length < 16) throw new VaultFailure(400, `invalid key: key is shorter than minimum ${16} bytes`);
    if (key.length > keyBytes + 1)
      throw new VaultFailure(400, `invalid key: key is longer than maximum ${keyBytes + 1} bytes`);
    if (!this.#keys.some((known) => known.equals(key))) this.#keys.push(key);
    this.#nonce ||= randomUUID();
    if (this.#keys.length < seal.threshold) return undefined;
    const keys = this.#keys;
    this.reset();
    return await opened(keys, seal, storage.root.values.get(keyringName));
  }
}

async function opened(keys: readonly Buffer[], seal: SealConfiguration, box: Buffer | undefined): Promise<Buffer> {
  if (!box) throw new VaultFailure(400, "Vault is not initialized");
  const [first] = keys;
  let unsealKey: Buffer;
  try {
    unsealKey =
      seal.threshold === 1 && first ? first : Buffer.from(await combine(keys.map((key) => new Uint8Array(key))));
  } catch (error) {
    throw new VaultFailure(400, `failed to compute combined key: ${(error as Error).message}`);
  }
  try {
    return Buffer.from(decrypt(unsealKey, box), "base64");
  } catch {
    throw new VaultFailure(
      500,
      "unable to retrieve stored keys: failed to decrypt keys from storage: cipher: message authentication failed",
    );
  }
}

/** Hexadecimal or base64, as Vault tells them apart. */
function keyOf(text: string): Buffer {
  if (/^([0-9a-f]{2})+$/i.test(text)) {
    const bytes = Buffer.from(text, "hex");
    if (bytes.length >= 16 && bytes.length <= keyBytes + 1) return bytes;
  }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new VaultFailure(400, "'key' must be a valid hex or base64 string");
  }
  return Buffer.from(text, "base64");
}
