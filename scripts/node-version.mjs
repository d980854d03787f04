// Imported first and alone, so that an old Node gets a sentence and not a syntax error.
const needed = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `minicluster needs Node ${needed.join(".")} or newer; this is Node ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}
