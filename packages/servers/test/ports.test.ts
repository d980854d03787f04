import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Ports } from "../src/ports.ts";

const open: Ports[] = [];

function ports(random: () => number): Ports {
  const made = new Ports({ random });
  open.push(made);
  return made;
}

afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

test("two users that start in the same place get different ports", async () => {
  const [first, second] = [ports(() => 0.5), ports(() => 0.5)];
  const taken = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? first : second).take()));
  expect(new Set(taken).size).toBe(40);
});

test("more than a block holds comes from another block, and what is given back can be taken again", async () => {
  const many = ports(() => 0.9);
  const taken: number[] = [];
  for (let n = 0; n < 126; n += 1) taken.push(await many.take());
  expect(new Set(taken).size).toBe(126);
  many.giveBack(taken);
  for (let n = 0; n < 126; n += 1) expect(taken).toContain(await many.take());
});

test("skips a port that another program listens on", async () => {
  const first = ports(() => 0.3);
  const port = await first.take();
  const stranger = createServer().listen(port + 1, "127.0.0.1");
  await once(stranger, "listening");
  expect(await first.take()).toBe(port + 2);
  stranger.close();
});

test("stays below the ports that the kernel gives to outgoing connections, and away from 3306", async () => {
  for (const random of [() => 0, () => 0.9999]) {
    const port = await ports(random).take();
    expect(port).toBeGreaterThan(3_306);
    expect(port).toBeLessThan(32_768);
  }
});
