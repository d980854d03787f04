import type { SslOptions } from "mysql2";

/** What the pool shows to MySQL and whom it believes. Another `id` is another identity: a new generation opens with it. */
export interface TlsIdentity {
  /** Printable, such as the certificate's serial. */
  readonly id: string;
  readonly ssl: SslOptions;
}

/** An identity that is renewed by somebody. */
export interface TlsSource {
  readonly current: TlsIdentity;
  /** Returns a function that takes the listener off again. */
  onChange(listener: (identity: TlsIdentity) => void): () => void;
}

export function staticTls(identity: TlsIdentity): TlsSource {
  return { current: identity, onChange: () => () => {} };
}
