import { setLeaseLives, setTokenLives } from "./configure-vault.ts";
import { type Fault, once } from "./fault.ts";
import { rotatingPath } from "./pools.ts";
import { possibleLives } from "./settings.ts";
import type { Mischief } from "./vault-transport.ts";
import type { World } from "./world.ts";

/** What goes wrong with Vault, on the way to it, and by the hand of its operator. */
export const vaultFaults = {
  "Vault's leader is killed": {
    ...vault(4, [60, 3_600]),
    begin: async (world) => {
      const leader = await world.operator.leader();
      await leader?.kill();
      return async () => await bringBack(world);
    },
  },
  "Vault's leader is stopped": {
    ...vault(3, [60, 3_600]),
    begin: async (world) => {
      const leader = await world.operator.leader();
      await leader?.stop();
      return async () => await bringBack(world);
    },
  },
  "Vault's leader freezes": {
    ...vault(3, [5, 600]),
    begin: async (world) => {
      const leader = await world.operator.leader();
      await leader?.pause();
      return async () => await leader?.resume();
    },
  },
  "Vault's standby is killed": {
    ...vault(1, [60, 3_600]),
    begin: async (world) => {
      const leader = await world.operator.leader();
      await world.nodes.find((node) => node !== leader)?.kill();
      return async () => await bringBack(world);
    },
  },
  "every Vault is down": {
    ...vault(3, [30, 6 * 3_600]),
    begin: async (world) => {
      for (const node of world.nodes) await node.kill();
      return async () => await bringBack(world);
    },
  },
  "every Vault is sealed": {
    ...vault(2, [30, 2 * 3_600]),
    begin: async (world) => {
      for (const node of world.nodes) await node.restart();
      return async () => await bringBack(world);
    },
  },
  "something between spoils what Vault says": {
    holds: "way",
    lasts: [5, 900],
    weight: 8,
    begin: async (world, dice) => {
      const what = mischiefs[Math.floor(dice * mischiefs.length)] ?? "broken";
      const paths = /./;
      world.transport.mischief = { what, paths };
      world.truth.vaultTroubled();
      return async () => {
        world.transport.mischief = undefined;
      };
    },
  },
  "something between spoils some of what Vault says": {
    holds: "way",
    lasts: [5, 900],
    weight: 4,
    begin: async (world, dice) => {
      const what = mischiefs[Math.floor(dice * mischiefs.length)] ?? "broken";
      const paths = spoiltPaths[Math.floor(dice * 1_000) % spoiltPaths.length] ?? /./;
      world.transport.mischief = { what, paths };
      world.truth.vaultTroubled();
      return async () => {
        world.transport.mischief = undefined;
      };
    },
  },
  "the tokens of the service are revoked": {
    ...once(3),
    begin: async ({ operator, drive }) => {
      await drive(revokeTokens(operator));
      return undefined;
    },
  },
  "the leases of the service are revoked": {
    ...once(3),
    begin: async ({ operator, drive, settings }) => {
      await drive(operator.ask("POST", `sys/leases/revoke-prefix/${rotatingPath(settings)}`, {}));
      return undefined;
    },
  },
  "the static role is rotated": {
    ...once(2),
    begin: async ({ operator, drive }) => {
      await drive(operator.ask("POST", "database/rotate-role/report", {}));
      return undefined;
    },
  },
  "the lives of leases are changed": {
    ...once(2),
    begin: async ({ operator, drive, settings, truth }, dice) => {
      const lives = possibleLives[Math.floor(dice * possibleLives.length)];
      if (!lives || !(await operator.leader()) || truth.mysqlAway) return undefined;
      await drive(setLeaseLives(operator, settings, lives).catch(() => {}));
      return undefined;
    },
  },
  "the lives of tokens are changed": {
    ...once(2),
    begin: async ({ operator, drive }, dice) => {
      const lives = possibleLives[Math.floor(dice * possibleLives.length)];
      if (!lives || !(await operator.leader())) return undefined;
      await drive(setTokenLives(operator, lives).catch(() => {}));
      return undefined;
    },
  },
} as const satisfies Record<string, Fault>;

const mischiefs: readonly Mischief[] = [
  "denied",
  "busy",
  "broken",
  "garbage",
  "lease gone",
  "half a body",
  "answer lost",
  "no answer",
  "unreachable",
];

const spoiltPaths = [/\/login$/, /\/(static-)?creds\//, /leases\/renew/, /leases\/revoke/, /renew-self/, /sys\/health/];

function vault(weight: number, lasts: readonly [number, number]): Pick<Fault, "holds" | "lasts" | "weight"> {
  return { holds: "vault", lasts, weight };
}

async function bringBack(world: World): Promise<void> {
  for (const node of world.nodes) {
    if (!node.running) await node.restart();
    if ((await node.status()) === "sealed") await world.operator.unseal(node);
  }
}

async function revokeTokens(operator: World["operator"]): Promise<void> {
  for (const accessor of await operator.list("auth/token/accessors")) {
    const reply = await operator.ask("POST", "auth/token/lookup-accessor", { accessor });
    const { data } = (reply?.body ?? {}) as { data?: { path?: string } };
    if (data?.path === "auth/app-id/login") await operator.ask("POST", "auth/token/revoke-accessor", { accessor });
  }
}
