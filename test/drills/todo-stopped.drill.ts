import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

drill({
  name: "todo-stopped",
  what: "one of two todos is told to stop (SIGTERM), and started again later",
  must: {},
  async run(world) {
    const [todo] = world.todos;
    if (!todo) throw new Error("there is no todo");
    const began = performance.now();
    await world.fault(`${todo.name} is told to stop`, () => todo.stop());
    const tookMs = Math.round(performance.now() - began);
    world.check("it ends within 10 s", tookMs <= 10_000, tookMs);
    world.check("it says that it stopped", todo.log.includes("service.stopped"), todo.log.includes("service.stopped"));
    await world.wait(inFull(6_000, 2_000));
    await world.mended(`${todo.name} is started`, () => todo.restart());
  },
});
