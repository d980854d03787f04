import { drill } from "./stage/drill.ts";

drill({
  name: "todo-rolling",
  what: "both todos are restarted, the second when the first is passing in Consul again",
  must: {},
  async run(world) {
    const { todos, client } = world;
    await world.fault("a rolling restart begins");
    for (const todo of todos) {
      await world.fault(`${todo.name} is told to stop`, () => todo.stop());
      await world.fault(`${todo.name} is started`, () => todo.restart());
      await world.until(`${todo.name} passing in Consul`, 20_000, async () => {
        const found = await client.service("todo").resolve();
        return found.some(({ port }) => port === todo.ports[0]) || undefined;
      });
    }
    await world.mended("both are restarted");
  },
});
