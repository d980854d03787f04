/** What a route answers. Without `json` and `text` the body is empty. */
export interface Answer {
  /** Default 200. */
  status?: number | undefined;
  /** Written as JSON. */
  json?: unknown;
  /** Written as it is, with the `type` below. */
  text?: string | Buffer | undefined;
  /** The content type of `text`. */
  type?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}
