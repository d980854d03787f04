import { VaultFailure } from "../failure.ts";
import { goTime, wholeSeconds } from "../vault-duration.ts";
import type { SysHandler, SysRoute } from "./sys-route.ts";

const wrap: SysHandler = async ({ request }) => {
  if (request.wrapTtlMs === 0) throw new VaultFailure(400, "endpoint requires response wrapping to be used");
  return { data: request.data, spread: true };
};

const lookup: SysHandler = async ({ vault, request }) => {
  const { wrapped } = await vault.wrapping.find(request);
  return {
    data: {
      creation_path: wrapped.path,
      creation_time: goTime(wrapped.createdMs),
      creation_ttl: wholeSeconds(wrapped.ttlMs),
    },
  };
};

const unwrap: SysHandler = async ({ vault, request }) => {
  const { token, wrapped } = await vault.wrapping.find(request);
  await vault.tokens.revoke(token.id);
  return { raw: wrapped.response };
};

const rewrap: SysHandler = async ({ vault, request }) => {
  const { token, wrapped } = await vault.wrapping.find(request);
  const wrapInfo = await vault.wrapping.store(wrapped);
  await vault.tokens.revoke(token.id);
  return { wrapInfo };
};

export const wrappingRoutes: readonly SysRoute[] = [
  { path: /^wrapping\/wrap$/, does: { update: wrap } },
  { path: /^wrapping\/lookup$/, open: true, does: { read: lookup, update: lookup } },
  { path: /^wrapping\/unwrap$/, does: { update: unwrap } },
  { path: /^wrapping\/rewrap$/, does: { update: rewrap } },
];
