import { mustBeAddresses } from "../routing/cidr.ts";
import type { Values } from "../routing/fields.ts";
import { notDone, refused } from "../routing/refusals.ts";

/** What a role says about the tokens of its logins. 0: the mount's, or none. */
export interface TokenParameters {
  ttlSeconds: number;
  maxTtlSeconds: number;
  periodSeconds: number;
  numUses: number;
  policies: readonly string[];
  boundCidrs: readonly string[];
  type: "default" | "service";
}

/** The parameters as the API names them. */
export const tokenFields = {
  token_ttl: "seconds",
  token_max_ttl: "seconds",
  token_period: "seconds",
  token_num_uses: "int",
  token_policies: "strings",
  token_bound_cidrs: "strings",
  token_type: "string",
  token_explicit_max_ttl: "seconds",
  token_no_default_policy: "bool",
} as const;

/** Of a new role. */
export const noTokenParameters: TokenParameters = {
  ttlSeconds: 0,
  maxTtlSeconds: 0,
  periodSeconds: 0,
  numUses: 0,
  policies: [],
  boundCidrs: [],
  type: "default",
};

/** @throws VaultFailure 400 for values that contradict; 501 for what is not done here */
export function changedTokenParameters(before: TokenParameters, values: Values<typeof tokenFields>): TokenParameters {
  if (values.token_explicit_max_ttl) throw notDone("token_explicit_max_ttl");
  if (values.token_no_default_policy) throw notDone("token_no_default_policy");
  if (values.token_bound_cidrs) mustBeAddresses(values.token_bound_cidrs);
  const after: TokenParameters = {
    ttlSeconds: values.token_ttl ?? before.ttlSeconds,
    maxTtlSeconds: values.token_max_ttl ?? before.maxTtlSeconds,
    periodSeconds: values.token_period ?? before.periodSeconds,
    numUses: values.token_num_uses ?? before.numUses,
    policies: values.token_policies ?? before.policies,
    boundCidrs: values.token_bound_cidrs?.map((block) => block.replace(/\/32$/, "")) ?? before.boundCidrs,
    type: tokenType(values.token_type) ?? before.type,
  };
  if (after.numUses < 0) throw refused("'token_num_uses' cannot be negative");
  if (after.ttlSeconds && after.maxTtlSeconds && after.ttlSeconds > after.maxTtlSeconds) {
    throw refused("'token_ttl' cannot be greater than 'token_max_ttl'");
  }
  return after;
}

function tokenType(asked: string | undefined): TokenParameters["type"] | undefined {
  if (asked === undefined) return undefined;
  if (asked === "" || asked === "default") return "default";
  if (asked === "service") return "service";
  if (/^(default-service|batch|default-batch)$/.test(asked)) throw notDone(`token_type ${asked}`);
  throw refused(`invalid 'token_type' value ${JSON.stringify(asked)}`);
}

/** As a role's answer shows them. */
export function shownTokenParameters(token: TokenParameters): Record<string, unknown> {
  return {
    token_ttl: token.ttlSeconds,
    token_max_ttl: token.maxTtlSeconds,
    token_period: token.periodSeconds,
    token_num_uses: token.numUses,
    token_policies: token.policies,
    token_bound_cidrs: token.boundCidrs,
    token_type: token.type,
    token_explicit_max_ttl: 0,
    token_no_default_policy: false,
  };
}
