/**
 * The policy of a service: its credentials, and giving them back early. Renewing leases, and renewing and revoking its own
 * token, come with Vault's `default` policy, which every token of a login carries.
 */
export function servicePolicy(credentials: string): string {
  return [
    `path "${credentials}" {`,
    '  capabilities = ["read"]',
    "}",
    `path "sys/leases/revoke/${credentials}/*" {`,
    '  capabilities = ["update"]',
    "}",
    "",
  ].join("\n");
}
