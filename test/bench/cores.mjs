// A core for what is measured and one for what drives it: two that share one measure the scheduler.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Binds `apart` to one core, and this process with what is `beside` it to another, where the machine has two and `taskset`
 * (Linux). Processes that are elsewhere have no id.
 *
 * @param {{ apart: readonly (number | undefined)[], beside?: readonly (number | undefined)[] }} processes their ids
 * @returns {string} what was done, for the first lines of the figures
 */
export function separate({ apart, beside = [] }) {
  const shared = "client and server share the cores";
  try {
    const [here, there] = allowedCores();
    if (there === undefined || apart.includes(undefined)) return shared;
    for (const pid of apart) if (pid) bind(pid, there);
    for (const pid of [process.pid, ...beside]) if (pid) bind(pid, here);
    return `client on core ${here}, server on core ${there}`;
  } catch {
    return `${shared} (no taskset)`;
  }
}

/** Every thread of a process, and those it starts later. @param {number} pid @param {number} core */
function bind(pid, core) {
  execFileSync("taskset", ["-a", "-c", "-p", String(core), String(pid)], { stdio: "ignore" });
}

/** Cores this process may run on, "0-1,4" as proc(5) writes it. @returns {number[]} */
function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
