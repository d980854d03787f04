// A core for the server and one for the client: two that share one measure the scheduler.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Binds this process to one core and the server to another, where the machine has two and `taskset` (Linux).
 *
 * @param {number | undefined} serverPid unknown for a server elsewhere
 * @returns {string} what was done, for the first lines of the figures
 */
export function separate(serverPid) {
  const shared = "client and server share the cores";
  try {
    const [client, server] = allowedCores();
    if (serverPid === undefined || server === undefined) return shared;
    bind(serverPid, server);
    bind(process.pid, client);
    return `client on core ${client}, server on core ${server}`;
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
