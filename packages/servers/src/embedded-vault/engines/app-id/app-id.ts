import { createHash } from "node:crypto";
import type { EngineMaker, Granted, LoginGrant } from "../../engine.ts";
import { mustBeCidrs, within } from "../routing/cidr.ts";
import { broken, refused } from "../routing/refusals.ts";
import { route } from "../routing/route.ts";
import { routedEngine } from "../routing/routed-engine.ts";
import { AppIdMap } from "./app-id-map.ts";

/** Log in with an app-id, which has policies, and a user-id, which has app-ids. Real Vaults after 1.11 have it no more. */
export const appId: EngineMaker = (context) => {
  const apps = new AppIdMap("app-id", context);
  const users = new AppIdMap("user-id", context);

  /** @param address undefined: a renewal, which may come from anywhere */
  const verify = async (app: string, user: string, address: string | undefined): Promise<string> => {
    if (!app || !user) throw refused("missing 'app_id' or 'user_id'");
    const mapped = await users.get(user);
    if (!mapped) throw refused("invalid user ID or app ID");
    const block = mapped["cidr_block"];
    if (block !== undefined && address !== undefined) {
      mustBeCidrs([String(block)], "invalid restriction cidr: ");
      if (!within(address, [String(block)])) throw refused("unauthorized source address");
    }
    const found = await apps.get(app);
    if (!found || !items(mapped["value"]).includes(app)) throw refused("invalid user ID or app ID");
    return String(found["display_name"] ?? "");
  };

  const policiesOf = async (app: string): Promise<string[]> => {
    const entries = [await apps.get("default"), await apps.get(app)];
    return [...new Set(entries.flatMap((entry) => items(entry?.["value"])))].filter(Boolean).sort();
  };

  const login = async (app: string, user: string, address: string): Promise<{ login: LoginGrant }> => {
    const displayName = await verify(app, user, address);
    const policies = await policiesOf(app);
    return {
      login: {
        displayName,
        policies,
        metadata: { "app-id": `sha1:${sha1(app)}`, "user-id": `sha1:${sha1(user)}` },
        ttlMs: 0,
        maxTtlMs: 0,
        renewable: true,
        internal: { app, user, policies: policies.join() },
      },
    };
  };

  return routedEngine(
    [
      route({
        path: /^login(?:\/(?<app_id>.+))?$/,
        fields: { app_id: "string", user_id: "string" },
        open: true,
        write: ({ values: { app_id = "", user_id = "" }, request }) => login(app_id, user_id, request.remoteAddress),
      }),
      ...apps.routes(),
      ...users.routes(),
    ],
    {
      async renewLogin({ internal }: Granted) {
        const [app, user] = [String(internal["app"]), String(internal["user"])];
        await verify(app, user, undefined);
        if (items(internal["policies"]).join() !== (await policiesOf(app)).join())
          throw broken("policies do not match");
        return { ttlMs: 0, maxTtlMs: 0 };
      },
    },
  );
};

function items(value: unknown): string[] {
  return typeof value === "string" ? value.split(",").map((item) => item.trim()) : [];
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
