import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { usageError } from "./error.ts";
import { ownVersion } from "./own-version.ts";

const folder = fileURLToPath(new URL("../template", import.meta.url));

/** npm leaves out a file of that name when it packs. */
const renamed: Readonly<Record<string, string>> = { gitignore: ".gitignore" };

/**
 * Copies the template's files, with the service's name in place of the template's own.
 *
 * @returns the files, relative to the directory
 * @throws CliError `CLI_USAGE` where the directory can't be used
 */
export async function copyTemplate(directory: string, service: string): Promise<string[]> {
  await makeEmpty(directory);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const made: string[] = [];
  for (const file of files.sort()) {
    const name = file.slice(folder.length + 1);
    const target = join(directory, renamed[name] ?? name);
    const text = named(await readFile(file, "utf8"), service);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, name === "package.json" ? withVersions(text) : text, { flag: "wx" });
    made.push(renamed[name] ?? name);
  }
  return made;
}

async function makeEmpty(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    if ((await readdir(directory)).length === 0) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOTDIR") throw usageError(`dir: ${directory} is no directory; name a new one`);
    throw usageError(`dir: ${directory} can't be made (${code})`);
  }
  throw usageError(`dir: ${directory} is not empty; name a new one`);
}

/** The template is a service of its own, so that it can be read and checked: it is called my-service. */
function named(text: string, service: string): string {
  return text.replaceAll("my-service", service).replaceAll("my_service", service.replaceAll("-", "_"));
}

/** Libraries of this command's own version: they were made and tried together. */
function withVersions(text: string): string {
  return text.replace(/("@minicluster\/[a-z]+": )"\*"/g, (_all, name: string) => name + JSON.stringify(ownVersion()));
}
