// Keeps as many leases as its first argument says on a simulated clock, and prints what a lease and each of so many renewals
// as its second says cost.
import { appId, Vault } from "@minicluster/vault";
import { Dispatcher } from "undici";

const size = Number(process.argv[2] ?? 10);
/** Renewals that are measured, whatever the size; at least one of each lease. */
const renewals = Math.max(Number(process.argv[3] ?? 10_000), size);

/** Time that stands still until every answer is there, and jumps to the next timer then. */
class JumpingClock {
  #time = 0;
  /** A heap: the earliest is the first. @type {{ at: number, run: (() => void) | undefined }[]} */
  #heap = [];

  now() {
    return this.#time;
  }

  monotonic() {
    return this.#time;
  }

  /** @param {number} ms @param {() => void} run */
  after(ms, run) {
    const timer = { at: this.#time + Math.max(0, ms), run: /** @type {(() => void) | undefined} */ (run) };
    const heap = this.#heap;
    let place = heap.push(timer) - 1;
    for (let above = (place - 1) >> 1; place > 0 && heap[above].at > timer.at; above = (place - 1) >> 1) {
      heap[place] = heap[above];
      place = above;
    }
    heap[place] = timer;
    return () => {
      timer.run = undefined;
    };
  }

  /** Runs timers in their order until it is done. @param {() => boolean} done */
  async until(done) {
    while (!done()) {
      const timer = this.#first();
      if (!timer) throw new Error("no timer is left");
      if (!timer.run) continue;
      this.#time = Math.max(this.#time, timer.at);
      timer.run();
      await settled();
    }
  }

  #first() {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    let place = 0;
    for (let below = 1; below < heap.length; below = 2 * place + 1) {
      if (below + 1 < heap.length && heap[below + 1].at < heap[below].at) below += 1;
      if (heap[below].at >= last.at) break;
      heap[place] = heap[below];
      place = below;
    }
    heap[place] = last;
    return first;
  }
}

/** Lets answers arrive and promises run on. */
async function settled() {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A Vault of the few paths that leases need, without a network. */
class AnsweringVault extends Dispatcher {
  renewed = 0;
  #issued = 0;

  /** @param {import("undici").Dispatcher.DispatchOptions} options @param {any} handler */
  dispatch({ path, body }, handler) {
    const controller = {
      abort() {},
      pause() {},
      resume() {},
      paused: false,
      aborted: false,
      reason: null,
      rawHeaders: [],
    };
    handler.onRequestStart(controller, {});
    queueMicrotask(() => {
      handler.onResponseStart(controller, 200, { "content-type": "application/json" }, "OK");
      handler.onResponseData(controller, Buffer.from(JSON.stringify(this.#answer(path, body))));
      handler.onResponseEnd(controller, {});
    });
    return true;
  }

  async close() {}

  async destroy() {}

  /** @param {string} path @param {any} body */
  #answer(path, body) {
    if (path.includes("/login")) {
      return { auth: { client_token: "s.token", accessor: "a", lease_duration: 2_764_800, renewable: true } };
    }
    if (path.endsWith("/sys/leases/renew")) {
      this.renewed += 1;
      const { lease_id, increment } = JSON.parse(body);
      return { lease_id, lease_duration: increment, renewable: true };
    }
    if (path.includes("/creds/")) {
      this.#issued += 1;
      const data = { username: `user-${this.#issued}`, password: `password-${this.#issued}` };
      return { lease_id: `${path}/${this.#issued}`, lease_duration: 60, renewable: true, data };
    }
    return { initialized: true, sealed: false, standby: false };
  }
}

const clock = new JumpingClock();
const dispatcher = new AnsweringVault();
const vault = new Vault({
  address: "http://127.0.0.1:8200",
  auth: appId({ appId: "a", userId: "u" }),
  clock,
  dispatcher,
});
await vault.ready();

/** @param {number} count */
async function keep(count) {
  const all = Array.from({ length: count }, (_, n) => vault.credentials(`mysql/creds/role-${n}`));
  await Promise.all(all.map((credentials) => credentials.ready()));
  return all;
}

/** @param {number} count */
async function renew(count) {
  const until = dispatcher.renewed + count;
  await clock.until(() => dispatcher.renewed >= until);
}

function heap() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

// The compiler's own memory grows first.
const first = await keep(200);
await renew(renewals / 2);
await Promise.all(first.map((credentials) => credentials.close()));
const kept = await keep(size);
await renew(Math.max(renewals / 10, size));
const cpu = process.cpuUsage();
await renew(renewals);
const { user, system } = process.cpuUsage(cpu);
if (kept.some(({ state }) => state !== "fresh")) throw new Error("a lease was not kept");
await settled();
const held = heap();
// What goes when they go is theirs.
await Promise.all(kept.splice(0).map((credentials) => credentials.close()));
await settled();
const bytes = (held - heap()) / size;
console.log(JSON.stringify({ cpuUs: (user + system) / renewals, bytes }));
process.exit();
