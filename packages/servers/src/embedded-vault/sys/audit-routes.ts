import { VaultFailure } from "../failure.ts";
import { booleanOf, mapOf, textOf } from "../request-fields.ts";
import type { SysHandler, SysRoute } from "./sys-route.ts";

const list: SysHandler = async ({ vault }) => {
  const devices = vault.audit.all().map(({ salt: _, ...device }) => [device.path, device] as const);
  return { data: Object.fromEntries(devices), spread: true };
};

const enable: SysHandler = async ({ vault, request, parts }) => {
  const { data } = request;
  const type = textOf(data, "type");
  if (type === "socket" || type === "syslog") {
    throw new VaultFailure(501, `audit devices of type ${type} are not part of the embedded Vault`);
  }
  if (type !== "file") throw new VaultFailure(400, `unknown backend type: "${type}"`);
  await vault.audit.enable({
    path: `${parts[0] ?? ""}/`,
    type,
    description: textOf(data, "description"),
    options: mapOf(data, "options") ?? {},
    local: booleanOf(data, "local"),
  });
  return undefined;
};

const hash: SysHandler = async ({ vault, request, parts }) => {
  const input = textOf(request.data, "input");
  if (input === "") throw new VaultFailure(400, 'the "input" parameter is empty');
  return { data: { hash: vault.audit.hash(`${parts[0] ?? ""}/`, input) }, spread: true };
};

const disable: SysHandler = async ({ vault, parts }) => {
  await vault.audit.disable(`${parts[0] ?? ""}/`);
  return undefined;
};

export const auditRoutes: readonly SysRoute[] = [
  { path: /^audit$/, root: true, does: { read: list } },
  { path: /^audit\/(.+)$/, root: true, does: { update: enable, delete: disable } },
  { path: /^audit-hash\/(.+)$/, does: { update: hash } },
];
