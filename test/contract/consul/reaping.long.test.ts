import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { until } from "./transcript.ts";

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "a service that was found critical for a minute and more is taken away, however short it asks for; others stay",
    run: async ({ agent }) => {
      const register = "PUT /v1/agent/service/register";
      const after = { DeregisterCriticalServiceAfter: "1s" };
      const checks = {
        doomed: { TTL: "1s", ...after },
        unknown: { TTL: "1h", ...after },
        well: { TTL: "1h", Status: "passing", ...after },
        sick: { TTL: "1h" },
        patient: { TTL: "1h", DeregisterCriticalServiceAfter: "1h" },
      };
      for (const [Name, Check] of Object.entries(checks)) await ask(agent, register, { body: { Name, Check } });
      const started = Date.now();
      const left = await until(
        async () => Object.keys((await ask(agent, "GET /v1/agent/services")).body as object).sort(),
        (names) => !names.includes("doomed"),
        150_000,
      );
      const seconds = (Date.now() - started) / 1_000;
      const catalog = await ask(agent, "GET /v1/catalog/service/doomed");
      return { left, catalog: catalog.body, afterAMinute: seconds >= 60 && seconds < 100 };
    },
  },
];

contract({ title: "Consul: critical for too long", backends, behaviours });
