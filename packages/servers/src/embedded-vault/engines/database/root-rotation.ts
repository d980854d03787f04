import { newPassword } from "../accounts/password.ts";
import { broken } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import type { Configurations } from "./configurations.ts";
import { changePassword } from "./password-change.ts";

/** `rotate-root/NAME`: the configured account gets a password that nobody else knows. */
export function rootRotationRoute(configurations: Configurations, random: (bytes: number) => Buffer): Route {
  return route({
    path: new RegExp(`^rotate-root/${nameGroup("name")}$`),
    fields: { name: "string" },
    async write({ values: { name = "" } }) {
      const configuration = await configurations.mustFind(name);
      const username = configuration.details["username"];
      if (typeof username !== "string" || !username) {
        throw broken("unable to rotate root credentials: no username in configuration");
      }
      const server = await configurations.server(name);
      const password = newPassword(random);
      const statements = configuration.rootRotationStatements;
      try {
        await changePassword({ server, username, password, statements, phase: "failed to update user" });
        await configurations.put(name, { ...configuration, details: { ...configuration.details, password } });
      } finally {
        configurations.disconnect(name);
      }
      return undefined;
    },
  });
}
