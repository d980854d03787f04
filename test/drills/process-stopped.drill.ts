import { drill } from "./stage/drill.ts";
import { inFull } from "./stage/form.ts";
import { OrphanedSessions } from "./stage/orphaned-sessions.ts";

drill({
  name: "process-stopped",
  what: "the process of one todo stands still until its lease has ended, and then goes on",
  must: { failBy: { http: "while down" }, healthyMs: 15_000 },
  async run(world) {
    const [todo] = world.todos;
    if (!todo) return;
    await using orphaned = await OrphanedSessions.watch(world.cluster);
    await world.fault(`${todo.name} stands still`, () => todo.pause());
    await world.wait(inFull(120_000, 9_000));
    const { size } = orphaned.accounts;
    world.check("its account was dropped under its sessions", size === 1, size);
    await world.mended(`${todo.name} goes on`, () => todo.resume());
  },
});
