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

/** Settings of a development cluster whose option is called otherwise. */
const ofDevCluster: Readonly<Record<string, string>> = {
  service: "service",
  services: "--service",
  vault: "Vault",
  "vault.nodes": "--vault-nodes",
  "vault.version": "--vault-version",
  "mysql.url": "MYSQL_ADMIN_URL",
};

/** Errors whose message starts with a setting, by their code. */
const settingsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ADMIN_INVALID_OPTION: ofSettings,
  INVALID_DURATION: ofSettings,
  DEVCLUSTER_INVALID_OPTION: ofDevCluster,
  DEVCLUSTER_MYSQL_AWAY: ofDevCluster,
};

/** What an error says, with the setting at its start named as the operator knows it. */
export function inOptions(error: Error): string {
  const { message } = error;
  const settings = settingsOf[String((error as { code?: unknown }).code)];
  if (!settings) return message;
  return message.replace(/^([A-Za-z]+(?:\.[A-Za-z]+)?):/, (whole, setting: string) => {
    const known = settings[setting];
    if (known !== undefined) return `${known}:`;
    if (!/^[a-z]/.test(setting)) return whole;
    return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:`;
  });
}
