import { spawn } from "node:child_process";

const running = new Set();
let ending = false;
const graceMs = 15_000;

/**
 * Runs a command in a process group of its own, without standard input.
 *
 * @param {string[]} command
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, capture?: boolean }} options `capture` keeps the
 *   output for the caller; without it the output goes to ours.
 * @returns {Promise<{ code: number, signal?: string | null, output: string }>} never rejects; a command that can't be started has code 127.
 *   Never settles once a signal came: nothing is to follow.
 */
export function run(command, { cwd, env, capture = false } = {}) {
  return new Promise((settle) => {
    if (ending) return;
    const resolve = (result) => !ending && settle(result);
    const [file, ...args] = command;
    const output = [];
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
    });
    running.add(child);
    child.stdout?.on("data", (chunk) => output.push(chunk));
    child.stderr?.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      running.delete(child);
      resolve({ code: 127, output: `${file}: ${error.message}` });
    });
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? 1, signal, output: Buffer.concat(output).toString() });
    });
  });
}

/** Ends every command that runs: asked first, killed when it has not gone after 15 s. */
export async function endAll() {
  const children = [...running];
  for (const child of children) signalGroup(child, "SIGTERM");
  const killing = setTimeout(() => children.forEach((child) => void signalGroup(child, "SIGKILL")), graceMs);
  await Promise.all(children.map((child) => running.has(child) && new Promise((done) => child.once("close", done))));
  clearTimeout(killing);
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has gone already.
  }
}

/** On Ctrl-C or SIGTERM: ends the commands, runs `cleanUp`, leaves with the code a shell expects. */
export function endOnSignal(cleanUp = () => {}) {
  const end = async (signal, code) => {
    // npm and the terminal may both send it.
    if (ending) return;
    ending = true;
    console.error(`\n${signal}: stopping`);
    await endAll();
    cleanUp();
    process.exit(code);
  };
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  const listeners = Object.entries(codes).map(([signal, code]) => [signal, () => void end(signal, code)]);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
