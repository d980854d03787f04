/** A server's program. */
export interface Binary {
  /** Absolute. */
  readonly path: string;
  /** As it says itself: "1.11.0". */
  readonly version: string;
  /** What its environment must hold: LD_LIBRARY_PATH of an unpacked one. */
  readonly env: Readonly<Record<string, string>>;
}
