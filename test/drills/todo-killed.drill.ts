import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

const busyMs = 300;

drill({
  name: "todo-killed",
  what: "one of two todos is killed, and started again",
  must: { failBy: { http: "in flight" }, failKinds: ["POST"] },
  async run(world) {
    const [todo] = world.todos;
    if (!todo) throw new Error("there is no todo");
    await world.fault(`${todo.name} is killed`, async () => {
      // Busy for a moment, so that requests are under way.
      await todo.pause();
      await world.wait(busyMs);
      await todo.kill();
    });
    await world.wait(inFull(8_000, 3_000));
    await world.mended(`${todo.name} is started`, () => todo.restart());
  },
});
