import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

/** Longer than todo waits before it takes no more connections, less than its deadline of 800 ms. */
const heldUpMs = 400;

drill({
  name: "todo-stopped",
  what: "one of two busy todos is told to stop (SIGTERM), and started again later",
  must: {},
  async run(world) {
    const { mysql } = world;
    const [todo] = world.todos;
    if (!todo) throw new Error("there is no todo");
    const began = performance.now();
    await world.fault(`${todo.name} is told to stop`, async () => {
      await mysql.pause();
      const stopped = todo.stop();
      await world.wait(heldUpMs);
      await mysql.resume();
      await stopped;
    });
    const tookMs = Math.round(performance.now() - began);
    world.check("it ends within 10 s", tookMs <= 10_000, tookMs);
    const said = todo.log.includes("service.stopped");
    world.check("it says that it stopped", said, said);
    await world.wait(inFull(6_000, 2_000));
    await world.mended(`${todo.name} is started`, () => todo.restart());
  },
});
