/** A library's setting as the option that it came from: `leaseTtl` -> `--lease-ttl`, `mysql.account` -> `--account`. */
const ofSettings: Readonly<Record<string, string>> = {
  service: "service",
  "mysql.host": "MYSQL_ADMIN_URL",
  "mysql.port": "MYSQL_ADMIN_URL",
  "mysql.vaultHost": "--mysql-for-vault",
  "mysql.vaultPort": "--mysql-for-vault",
  "mysql.account": "--account",
  "mysql.accountHost": "--account-host",
  privileges: "--privilege",
  machine: "--mac",
  machineUserId: "--mac",
  appId: "VAULT_APP_ID",
  userId: "--user-id-stdin",
  wrapTtl: "--wrap",
  keys: "unseal keys",
  addresses: "--vault",
};

/** Errors whose message starts with a setting of admin's. */
const named: ReadonlySet<string> = new Set(["ADMIN_INVALID_OPTION", "INVALID_DURATION"]);

/** What an error says, with the setting at its start named as the operator knows it. */
export function inOptions(error: Error): string {
  const { message } = error;
  if (!named.has(String((error as { code?: unknown }).code))) return message;
  return message.replace(/^([A-Za-z]+(?:\.[A-Za-z]+)?):/, (whole, setting: string) => {
    const known = ofSettings[setting];
    if (known !== undefined) return `${known}:`;
    if (!/^[a-z]/.test(setting)) return whole;
    return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:`;
  });
}
