import type { Examination } from "./examination.ts";
import { covers, type Grant, grantIn } from "./grant.ts";

const creation = "in the statements of the role, which minicluster configure writes";

/**
 * Whether the account has its rights on the whole of the pool's database. When Vault drops an account, connections that
 * are open keep those, and lose rights on single tables and on other databases at once.
 */
export function examineGrants({ settings, findings }: Examination, lines: readonly string[]): void {
  const { database } = settings;
  if (database === undefined) {
    findings.notChecked("grants", "the pool's database is not known", "set MYSQL_DATABASE");
    return;
  }
  const grants = lines.flatMap((line) => grantIn(line) ?? []).filter(({ privileges }) => !only(privileges, "USAGE"));
  const on = (level: Grant["level"]): Grant[] => grants.filter((each) => each.level === level);
  const own = on("database").filter((each) => covers(each.database ?? "", database));
  const single = [...on("table"), ...on("routine")];
  const grant = `GRANT ... ON \`${database}\`.* ${creation}`;
  if (own.length > 0) {
    const privileges = [...new Set(own.flatMap((each) => each.privileges))].join(", ");
    findings.ok("grants", `the account has ${privileges} on the whole of ${database}`);
  } else if (on("role").length > 0) {
    const roles = on("role").flatMap(({ privileges }) => privileges);
    findings.notChecked("grants", `the account has its rights by the roles ${roles.join(", ")}`, `write ${grant}`);
  } else if (on("server").length === 0) {
    findings.failure("grants", `the account has no right on the whole of ${database}`, `write ${grant}`);
  }
  if (single.length > 0) {
    const names = single.map((each) => `${each.database}.${each.object}`).join(", ");
    const what = `rights on ${names} alone are lost at once when Vault drops the account, under connections that are in use`;
    findings.warning("grants", what, `write ${grant}`);
  }
  const elsewhere = on("database").filter((each) => !own.includes(each));
  if (elsewhere.length > 0) {
    const names = elsewhere.map((each) => each.database).join(", ");
    const what = `rights on ${names} are lost at once when Vault drops the account: the pool opens in ${database}`;
    findings.warning(
      "grants",
      what,
      `use a pool and a role of its own for each database; take these rights out ${creation}`,
    );
  }
  if (on("server").length > 0) {
    const privileges = [...new Set(on("server").flatMap((each) => each.privileges))].join(", ");
    const what = `the account has ${privileges} on every database of the server`;
    findings.warning("grants", what, `write ${grant}, and grant nothing ON *.*`);
  }
}

function only(privileges: readonly string[], word: string): boolean {
  return privileges.length === 1 && privileges[0] === word;
}
