import { type Clock, type Duration, systemClock } from "@minicluster/core";
import type { VaultClient } from "@minicluster/vault";
import type { AuthName } from "./auth-method.ts";
import { allowLogin } from "./login.ts";
import { named, oneOf, seconds } from "./names.ts";
import { type Step, Steps } from "./step.ts";
import { untilActive } from "./until-active.ts";

export interface ConfigureLoginOptions {
  /** With an operator's token. */
  vault: VaultClient;
  /** Also the name of its policy, which is yours to write: without one its tokens may do what Vault's `default` allows. */
  service: string;
  /** Default `app-id`. Vault 1.13 and later have AppRole only. */
  auth?: AuthName | undefined;
  /** The life of a service's token. Default 1h. */
  tokenTtl?: Duration | undefined;
  /** Default 24h. */
  tokenMaxTtl?: Duration | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Lets a service log in that has no MySQL: the auth method, and its app-id or AppRole. Run again, it changes what differs.
 *
 * @throws AdminError, MiniclusterError `INVALID_DURATION` and `TIMED_OUT`
 * @example await configureLogin({ vault, service: "mailer", auth: "approle" });
 */
export async function configureLogin(options: ConfigureLoginOptions): Promise<readonly Step[]> {
  const { vault, clock = systemClock, signal } = options;
  const service = named("service", "service", options.service);
  const auth = oneOf("auth", options.auth ?? "app-id", ["app-id", "approle"]);
  const tokenSeconds = seconds("tokenTtl", options.tokenTtl ?? "1h");
  const tokenMaxSeconds = seconds("tokenMaxTtl", options.tokenMaxTtl ?? "24h");
  const steps = new Steps();
  await untilActive({ vault, clock, signal, ms: 15_000 });
  const settings = { vault, service, policy: service, appId: undefined, tokenSeconds, tokenMaxSeconds };
  await allowLogin(auth, { ...settings, steps, signal });
  return steps.list;
}
