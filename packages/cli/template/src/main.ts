import { startService } from "./service.ts";

const service = await startService(process.env);
console.log(`listening on ${service.address}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void service.stop());
}
