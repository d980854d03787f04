import { burst } from "./faults/burst.ts";
import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";

/** Less than todo's deadline of 800 ms. */
const heldUpMs = 200;

drill({
  name: "todo-killed",
  what: "one of two todos is killed with requests under way, and started again",
  must: { failBy: { http: "in flight" }, failKinds: ["POST"] },
  async run(world) {
    const { mysql } = world;
    const [todo] = world.todos;
    if (!todo) throw new Error("there is no todo");
    // Its connections are open, and their statements prepared.
    await burst(world, 20);
    // What it has sent to MySQL is carried out, and nobody hears of it.
    await world.fault(`${todo.name} is killed`, async () => {
      await mysql.pause();
      const sent = burst(world, 20);
      await world.wait(heldUpMs);
      const killed = todo.kill();
      await mysql.resume();
      await Promise.all([killed, sent]);
    });
    await world.wait(inFull(8_000, 3_000));
    await world.mended(`${todo.name} is started`, () => todo.restart());
  },
});
