import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const pollMs = 200;

/**
 * Runs `work` while holding the lock file `path`; others wait. A lock whose owner has died is taken over.
 *
 * @param {string} path
 * @param {{ onWait?: (pid: number) => void }} options `onWait` is called once, when somebody else holds it
 */
export async function withLock(path, { onWait = () => {} }, work) {
  let told = false;
  mkdirSync(dirname(path), { recursive: true });
  while (!take(path)) {
    const owner = ownerOf(path);
    if (owner !== undefined && !alive(owner)) {
      breakLock(path, owner);
      continue;
    }
    if (!told && owner !== undefined) onWait(owner);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const release = () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** A hard link appears with its content or not at all. */
function take(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function ownerOf(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Of several who see the dead owner, one wins the rename. One who took a living lock by it puts it back. */
function breakLock(path, owner) {
  const aside = `${path}.broken.${process.pid}`;
  try {
    renameSync(path, aside);
    if (ownerOf(aside) !== owner) linkSync(aside, path);
  } catch {
    // Somebody else was quicker.
  } finally {
    rmSync(aside, { force: true });
  }
}
