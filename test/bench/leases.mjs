// Does a lease cost more to keep when there are many? From 10 to 10,000, with answers from inside the process.
//
//   node test/bench/leases.mjs [--check] [--quick] [--sizes 10,100,1000,10000] [--runs 5]
import { program } from "./program.mjs";
import { across, ownProcess } from "./sizes.mjs";

const bar = { most: 2 };

/** @typedef {{ cpuUs: number, bytes: number }} Kept a renewal, and a lease */

/** @param {{ sizes: readonly number[], runs: number, renewals: number }} options */
async function measure({ sizes, runs, renewals }) {
  /** @type {Kept[][]} */
  const taken = [];
  for (let run = 0; run < runs; run += 1) {
    const found = [];
    for (const size of sizes)
      found.push(/** @type {Kept} */ (await ownProcess("leases-kept.mjs", [`${size}`, `${renewals}`])));
    taken.push(found);
  }
  const [first, last] = [sizes[0] ?? 0, sizes.at(-1) ?? 0];
  const words = `with ${last.toLocaleString("en-US")} leases kept against ${first}`;
  const [cpu, memory] = [
    across({ question: `CPU time of a renewal, ${words}`, taken, of: ({ cpuUs }) => cpuUs, unit: "us", sizes, bar }),
    across({
      question: `memory of a lease, ${words}`,
      taken,
      of: ({ bytes }) => bytes / 1_024,
      unit: "kB",
      sizes,
      bar,
    }),
  ];
  return {
    rows: [cpu.row, memory.row],
    runs: `median of ${runs} processes of each size: ${sizes.join(", ")}; time is simulated, Vault answers in the process`,
    details: [`CPU of a renewal: ${cpu.line}`, `memory of a lease: ${memory.line}`],
  };
}

await program({
  title: "Does a lease cost more to keep when there are many?",
  options: { sizes: { type: "string" }, runs: { type: "string" } },
  measure: ({ quick, values: { sizes = quick ? "10,1000" : "10,100,1000,10000", runs = quick ? 1 : 5 } }) =>
    measure({ sizes: String(sizes).split(",").map(Number), runs: Number(runs), renewals: quick ? 2_000 : 10_000 }),
});
