import { describe, expect, it } from "vitest";
import { type Grant, MiniclusterError, Renewer, type RenewerOptions } from "../src/index.ts";
import { ManualClock } from "../src/testing.ts";

const refused = (): MiniclusterError => new MiniclusterError({ code: "NO", kind: "refused", message: "no" });
const unreachable = (): MiniclusterError =>
  new MiniclusterError({ code: "AWAY", kind: "unreachable", message: "away" });

/** A server that grants numbers; each test says how it answers. */
function setUp(overrides: Partial<RenewerOptions<number>> = {}) {
  const clock = new ManualClock();
  const log: string[] = [];
  const at = (what: string): void => void log.push(`${Math.round(clock.monotonic() / 100) / 10}s ${what}`);
  let issued = 0;
  const renewer = new Renewer<number>({
    name: "thing",
    clock,
    random: () => 0,
    rotate: async () => ({ value: ++issued, lifeMs: 10_000, renewable: true }),
    renew: async ({ held, askedMs }) => ({ value: held, lifeMs: askedMs, renewable: true }),
    ...overrides,
  });
  renewer.events.on("renewed", () => at("renewed"));
  renewer.events.on("rotated", ({ held, reason }) => at(`rotated ${held.value} ${reason}`));
  renewer.events.on("expired", () => at("expired"));
  renewer.events.on("failed", ({ step }) => at(`failed ${step}`));
  return { clock, log, renewer, at };
}

describe("Renewer", () => {
  it("fetches at once and renews at 2/3 of what remains", async () => {
    const { clock, log, renewer } = setUp();
    renewer.start();
    renewer.start();
    await clock.advance(14_000);
    expect(log).toEqual(["0s rotated 1 first", "6.7s renewed", "13.3s renewed"]);
    await renewer.close();
    expect(clock.pending).toBe(0);
  });

  it("rotates at 2/3 what can't be renewed", async () => {
    let n = 0;
    const { clock, log, renewer } = setUp({ rotate: async () => ({ value: ++n, lifeMs: 3_000, renewable: false }) });
    renewer.start();
    await clock.advance(4_500);
    expect(log).toEqual(["0s rotated 1 first", "2s rotated 2 due", "4s rotated 3 due"]);
    await renewer.close();
  });

  it("rotates at once when a renewal grants less than asked", async () => {
    let left = 20_000;
    const { clock, log, renewer } = setUp({
      renew: async ({ held, askedMs }) => {
        left -= 6_667;
        return { value: held, lifeMs: Math.min(askedMs, left), renewable: true };
      },
    });
    renewer.start();
    await clock.advance(13_500);
    expect(log).toEqual(["0s rotated 1 first", "6.7s renewed", "13.3s renewed", "13.3s rotated 2 short"]);
    await renewer.close();
  });

  it("rotates at once when a renewal is refused", async () => {
    const { clock, log, renewer } = setUp({ renew: () => Promise.reject(refused()) });
    renewer.start();
    await clock.advance(6_700);
    expect(log).toEqual(["0s rotated 1 first", "6.7s failed renew", "6.7s rotated 2 refused"]);
    expect(renewer.state).toBe("fresh");
    await renewer.close();
  });

  it("keeps the value while nobody answers, turns to rotating near the end, says expired once, and never gives up", async () => {
    let away = false;
    const steps: string[] = [];
    const answer = async (step: string, grant: Grant<number>): Promise<Grant<number>> => {
      steps.push(step);
      if (away) throw unreachable();
      return grant;
    };
    const { clock, log, renewer } = setUp({
      random: () => 0.5,
      rotate: () => answer("rotate", { value: 1, lifeMs: 10_000, renewable: true }),
      renew: ({ held }) => answer("renew", { value: held, lifeMs: 10_000, renewable: true }),
    });
    renewer.start();
    await clock.advance(5_000);
    away = true;
    await clock.advance(2_500);
    expect(renewer.state).toBe("stale");
    expect(renewer.held?.value).toBe(1);
    await clock.advance(60_000);
    expect(renewer.state).toBe("expired");
    expect(renewer.held?.value).toBe(1);
    expect(log.filter((line) => line.endsWith("expired"))).toEqual(["10s expired"]);
    expect(steps.slice(1, 3)).toEqual(["renew", "renew"]);
    expect(steps.at(-1)).toBe("rotate");
    const triesAfterEnd = steps.length;
    await clock.advance(3_600_000);
    expect(steps.length - triesAfterEnd).toBeGreaterThan(3_600);
    expect(steps.length - triesAfterEnd).toBeLessThan(3_600 * 2.2);
    away = false;
    await clock.advance(1_000);
    expect(renewer.state).toBe("fresh");
    await renewer.close();
    expect(clock.pending).toBe(0);
  });

  it("shares one rotation among all who ask, without waiting for the backoff", async () => {
    let rotations = 0;
    let away = true;
    const { clock, renewer } = setUp({
      random: () => 0.999,
      rotate: async () => {
        rotations += 1;
        if (rotations > 1 && away) throw unreachable();
        return { value: rotations, lifeMs: 3_600_000, renewable: false };
      },
    });
    renewer.start();
    await clock.advance(2_400_000);
    await clock.advance(100_000);
    const before = rotations;
    away = false;
    const values = [1, 2, 3].map(() => renewer.rotate({ reason: "denied", rejected: 1 }));
    await clock.advance(0);
    expect((await Promise.all(values)).map(({ value }) => value)).toEqual([before + 1, before + 1, before + 1]);
    expect((await renewer.rotate({ reason: "denied", rejected: 1 })).value).toBe(before + 1);
    expect(rotations).toBe(before + 1);
    await renewer.close();
  });

  it("does not hammer the server however many ask", async () => {
    let rotations = 0;
    const { clock, renewer } = setUp({
      random: () => 0.999,
      rotate: async () => {
        rotations += 1;
        if (rotations > 1) throw unreachable();
        return { value: 1, lifeMs: 3_600_000, renewable: false };
      },
    });
    await renewer.ready();
    const asks = Array.from({ length: 100 }, () => renewer.rotate({ reason: "denied", rejected: 1 }).catch(() => {}));
    for (let n = 0; n < 600; n += 1) {
      asks.push(renewer.rotate({ reason: "denied", rejected: 1 }).catch(() => {}));
      await clock.advance(100);
    }
    expect(rotations).toBeGreaterThan(50);
    expect(rotations).toBeLessThan(75);
    await renewer.close();
    await Promise.all(asks);
  });

  it("drops a renewal that is under way when a rotation is asked for", async () => {
    const { clock, log, renewer } = setUp({ renew: () => new Promise(() => {}) });
    renewer.start();
    await clock.advance(7_000);
    await renewer.rotate({ reason: "denied" });
    expect(log).toEqual(["0s rotated 1 first", "7s rotated 2 denied"]);
    await renewer.close();
  });

  it("notices a machine that slept past the end within 30 s of monotonic time", async () => {
    const { clock, log, renewer } = setUp({ rotate: async () => ({ value: 1, lifeMs: 3_600_000, renewable: true }) });
    renewer.start();
    await clock.advance(1_000);
    clock.jump(7_200_000);
    expect(renewer.state).toBe("expired");
    await clock.advance(30_000);
    expect(log).toEqual(["0s rotated 1 first", "30s expired", "30s renewed"]);
    await renewer.close();
  });

  it("counts a life from when it was asked for", async () => {
    const { clock, renewer } = setUp({
      rotate: () =>
        new Promise((resolve) => clock.after(4_000, () => resolve({ value: 1, lifeMs: 10_000, renewable: true }))),
    });
    renewer.start();
    await clock.advance(4_000);
    expect(renewer.held?.deadline.remainingMs).toBe(6_000);
    await renewer.close();
  });

  it("hands a grant that arrives after close to discard", async () => {
    const discarded: number[] = [];
    const { clock, renewer } = setUp({
      rotate: () =>
        new Promise((resolve) => clock.after(4_000, () => resolve({ value: 7, lifeMs: 1, renewable: true }))),
      discard: (value) => discarded.push(value),
    });
    const ready = renewer.ready().catch((error: MiniclusterError) => error.code);
    await clock.advance(1_000);
    await renewer.close();
    expect(await ready).toBe("CLOSED");
    await clock.advance(5_000);
    expect(discarded).toEqual([7]);
    expect(renewer.held).toBeUndefined();
  });

  it("can be closed before it started, and is not started after", async () => {
    const { clock, log, renewer } = setUp();
    await renewer.close();
    await renewer.close();
    renewer.start();
    await clock.advance(10_000);
    expect(log).toEqual([]);
    await expect(renewer.ready()).rejects.toMatchObject({ code: "CLOSED" });
    expect(clock.pending).toBe(0);
  });

  it("waits at least as long as the error says", async () => {
    let tries = 0;
    const { clock, renewer } = setUp({
      rotate: async () => {
        tries += 1;
        throw new MiniclusterError({ code: "BOUND", kind: "unreachable", message: "bound", retryAfterMs: 20_000 });
      },
    });
    renewer.start();
    await clock.advance(19_900);
    expect(tries).toBe(1);
    await clock.advance(200);
    expect(tries).toBe(2);
    await renewer.close();
  });

  it.each([true, false])("asks once a second for what is granted 0 s (renewable: %s)", async (renewable) => {
    let tries = 0;
    const grant = async (): Promise<Grant<number>> => ({ value: ++tries, lifeMs: 0, renewable });
    const { clock, renewer } = setUp({ rotate: grant, renew: grant });
    renewer.start();
    await clock.advance(10_500);
    expect(tries).toBe(11);
    await renewer.close();
  });

  it("makes no more than one try a wait over a life of 768 h", async () => {
    let renewals = 0;
    const { clock, renewer } = setUp({
      rotate: async () => ({ value: 1, lifeMs: 768 * 3_600_000, renewable: true }),
      renew: async ({ held }) => {
        renewals += 1;
        return { value: held, lifeMs: 768 * 3_600_000, renewable: true };
      },
    });
    renewer.start();
    await clock.advance(3_600_000);
    expect(renewals).toBe(0);
    await renewer.close();
  });
});
