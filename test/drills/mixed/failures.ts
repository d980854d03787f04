import type { World } from "../stage/world.ts";

/** One of the failures that are mixed: it makes itself, and is over when it returns. */
export interface MixedFailure {
  name: string;
  run: (world: World) => Promise<unknown>;
}

/** Kills of todo and of MySQL are left out: calls in flight at those must fail. */
export const failures: readonly MixedFailure[] = [
  {
    name: "token revoked",
    async run({ app, cluster }) {
      const { accessor } = (await app.vault.read("auth/token/lookup-self")) as unknown as { accessor: string };
      await using operator = await cluster.vault.operator();
      await operator.write("auth/token/revoke-accessor", { accessor });
    },
  },
  {
    name: "leader of Vault killed",
    async run(world) {
      const killed = await world.active();
      await killed.kill();
      await world.takenOver(killed);
      await killed.restart();
      await world.cluster.vault.unseal(killed);
    },
  },
  {
    name: "leader of Vault stopped",
    async run(world) {
      const stopped = await world.active();
      await stopped.stop();
      await world.takenOver(stopped);
      await stopped.restart();
      await world.cluster.vault.unseal(stopped);
    },
  },
  {
    name: "leader of Vault frozen, then thawed",
    async run(world) {
      const frozen = await world.active();
      await frozen.pause();
      await world.takenOver(frozen);
      await world.wait(5_000 * world.random());
      await frozen.resume();
    },
  },
  {
    name: "every Vault sealed for a while",
    async run(world) {
      await world.active();
      await world.cluster.vault.seal();
      await world.wait(20_000 * world.random());
      await world.cluster.vault.unseal();
      await world.active();
    },
  },
  {
    name: "every Vault down for a while",
    async run(world) {
      const { nodes } = world.cluster.vault;
      await Promise.all(nodes.map((node) => node.kill()));
      await world.wait(20_000 * world.random());
      await Promise.all(nodes.map((node) => node.restart()));
      await world.cluster.vault.unseal();
      await world.active();
    },
  },
  {
    name: "Consul agent killed and restarted",
    async run(world) {
      const { agent } = world.cluster.consul;
      await agent.kill();
      await world.wait(5_000 * world.random());
      await agent.restart();
    },
  },
  {
    name: "Consul agent frozen",
    async run(world) {
      const { agent } = world.cluster.consul;
      await agent.pause();
      await world.wait(8_000 * world.random());
      await agent.resume();
    },
  },
  {
    name: "Consul server killed and restarted",
    async run(world) {
      const { server } = world.cluster.consul;
      await server.kill();
      await world.wait(5_000 * world.random());
      await server.restart();
      await world.active();
    },
  },
  {
    name: "one todo restarted in order",
    async run(world) {
      const todo = world.todos[Math.floor(world.random() * world.todos.length)] ?? world.todos[0];
      await todo?.stop();
      await todo?.restart();
    },
  },
];
