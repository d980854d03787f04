import { literal } from "./literal.ts";

/** How an engine names the accounts it makes, as a pattern of all accounts that one role may have. */
interface Naming {
  /** What names of this sort look like, whatever the role. */
  any: RegExp;
  ofRole: (role: string) => RegExp;
}

/**
 * The engine `database`: `v-DISPLAY-ROLE-RANDOM-TIME`, ten letters of display name and role, 32 in all (Vault's manual,
 * "MySQL/MariaDB Database Secrets Engine", username_template). The old engine `mysql`: `ROLE-DISPLAY-UUID`, four letters
 * of each and 16 in all.
 */
const namings: readonly Naming[] = [
  {
    any: /^v-.{15,30}$/s,
    ofRole: (role) => new RegExp(`^v-.{0,10}-${literal(role.slice(0, 10))}-[A-Za-z0-9]+(-\\d*)?$`, "s"),
  },
  {
    any: /^.{1,4}-.{0,4}-[0-9a-f-]{1,14}$/s,
    ofRole: (role) => new RegExp(`^${literal(role.slice(0, 4))}-.{0,4}-[0-9a-f-]{1,14}$`, "s"),
  },
];

/**
 * Tells the accounts that the engine made for one of the roles, once it has seen one of them. Undefined where that one
 * follows no pattern that we know: the role, or the connection, has a template of its own.
 */
export function accountsOf(
  roles: readonly string[],
  seen: { username: string; role: string },
): ((username: string) => boolean) | undefined {
  const { username, role } = seen;
  const naming = namings.find(({ any, ofRole }) => any.test(username) && ofRole(role).test(username));
  const patterns = naming && roles.map(naming.ofRole);
  return patterns && ((name) => naming.any.test(name) && patterns.some((pattern) => pattern.test(name)));
}
