import { skipped } from "./tally.mjs";
export async function getServers() {
  return skipped("not written yet");
}
