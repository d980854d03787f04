import { inspect } from "node:util";

/**
 * A value that cannot be printed by accident: `toString`, `toJSON` and `util.inspect` show `[secret]`.
 * `reveal()` is the only way to it, and easy to search for.
 *
 * @example const password = new Secret("hunter2"); `${password}` // "[secret]"
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The same secret, or a plain string made one. */
  static of(value: string | Secret): Secret {
    return value instanceof Secret ? value : new Secret(value);
  }

  /** The secret itself. Never log it, never put it in an error. */
  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  static {
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => "[secret]" });
  }
}
