import { burst } from "./faults/burst.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

/**
 * Longer than the 300 ms that todo waits before it takes no more connections; with what comes before less than the 600 ms
 * that a request may wait for a connection of its pool.
 */
const heldUpMs = 340;

drill({
  name: "todo-stopped",
  what: "one of two todos is told to stop (SIGTERM) with requests under way, and started again later",
  must: {},
  async run(world) {
    const { mysql } = world;
    const [todo] = world.todos;
    if (!todo) throw new Error("there is no todo");
    const began = performance.now();
    await world.fault(`${todo.name} is told to stop`, async () => {
      await mysql.pause();
      const sent = burst(world, 20);
      await world.wait(50);
      const stopped = todo.stop();
      await world.wait(heldUpMs);
      await mysql.resume();
      await Promise.all([stopped, sent]);
    });
    const tookMs = Math.round(performance.now() - began);
    world.check("it ends within 10 s", tookMs <= 10_000, tookMs);
    const said = todo.log.includes("service.stopped");
    world.check("it says that it stopped", said, said);
    await world.wait(inFull(6_000, 2_000));
    await world.mended(`${todo.name} is started`, () => todo.restart());
  },
});
