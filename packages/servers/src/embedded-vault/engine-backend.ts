import type { Backend, RoutedRequest } from "./backend.ts";
import type { Engine, EngineRequest } from "./engine.ts";
import type { LogicalAnswer, LogicalRequest } from "./logical.ts";
import { wholeSeconds } from "./vault-duration.ts";

/** An engine as a mount's backend. */
export class EngineBackend implements Backend {
  readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async handle(request: RoutedRequest): Promise<LogicalAnswer | undefined> {
    const { caller, below, wrapTtlMs } = request;
    const asked: EngineRequest = {
      operation: request.operation,
      path: trimmed(below),
      fullPath: trimmed(request.path),
      data: request.data,
      remoteAddress: request.remoteAddress,
      token: caller && {
        accessor: caller.accessor,
        entityName: "",
        displayName: caller.displayName,
        policies: caller.policies,
      },
      wrapTtlMs: wrapTtlMs || undefined,
    };
    const answer = await this.engine.handle(asked);
    if (!answer) return undefined;
    const { shownTtlMs, ...rest } = answer;
    return { ...rest, ...(shownTtlMs !== undefined && { leaseSeconds: wholeSeconds(shownTtlMs) }) };
  }

  open(below: string): boolean {
    return this.engine.unauthenticated?.(trimmed(below)) ?? false;
  }

  root(): boolean {
    return false;
  }

  async exists(_request: LogicalRequest, below: string): Promise<boolean | undefined> {
    return await this.engine.exists?.(trimmed(below));
  }

  async close(): Promise<void> {
    await this.engine.close?.();
  }
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}
