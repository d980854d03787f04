import type { Bucket } from "./buckets.ts";
import type { Way } from "./outcome.ts";
import type { DrillRecord } from "./record.ts";
import type { LaneState, Mark } from "./timeline.ts";

type Pictured = Pick<
  DrillRecord,
  | "name"
  | "what"
  | "engine"
  | "faultAt"
  | "mendedAt"
  | "healthyAt"
  | "endedAt"
  | "stepMs"
  | "buckets"
  | "states"
  | "marks"
>;

const left = 110;
const width = 860;
const chartHeight = 90;
const laneHeight = 14;
const markHeight = 12;

const titles: Record<Way, string> = { http: "todo, over HTTP", mysql: "the pool" };

/** Colours of states; any other is bad news. */
const colours: Readonly<Record<string, string>> = {
  up: "#8cc6a0",
  active: "#3f9a61",
  standby: "#b7dcc3",
  passing: "#8cc6a0",
  degraded: "#f0c36d",
  frozen: "#7da7d9",
  sealed: "#c9a0dc",
  down: "#444444",
};
const bad = "#d9534f";

/** A drill as a timeline: calls and failures, p99, states of servers and services, and what happened when. */
export function picture(drill: Pictured): string {
  const x = (at: number): number => round(left + (at / drill.endedAt) * width);
  const lanes = [...new Set(drill.states.map(({ lane }) => lane))].sort(laneOrder);
  const marks = drill.marks.filter(({ at }) => at <= drill.endedAt);
  const lanesTop = 50 + 2 * (chartHeight + 24);
  const marksTop = lanesTop + lanes.length * (laneHeight + 3) + 24;
  const height = marksTop + marks.length * markHeight + 10;
  const parts = [
    text(10, 20, `${drill.name} (${drill.engine} servers)`, "font-size:15px;font-weight:bold"),
    text(10, 36, drill.what),
    phase(x, drill, marksTop - 14),
    ...(["http", "mysql"] as const).flatMap((way, index) =>
      chart({ drill, way, top: 50 + index * (chartHeight + 24), x }),
    ),
    ...lanes.flatMap((lane, index) =>
      laneBars(lane, drill.states, drill.endedAt, lanesTop + index * (laneHeight + 3), x),
    ),
    ...axis(drill.endedAt, marksTop - 10, x),
    ...marks.flatMap((mark, index) => markLine(mark, marksTop + 10 + index * markHeight, x)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 20} ${height}" font-family="sans-serif" font-size="10">
<title>${escaped(drill.name)}</title>
<rect width="100%" height="100%" fill="white"/>
${parts.join("\n")}
</svg>
`;
}

/** What is "during": from the failure until all is well. */
function phase(x: (at: number) => number, { faultAt, healthyAt, endedAt }: Pictured, bottom: number): string {
  const from = x(faultAt);
  return `<rect x="${from}" y="44" width="${round(x(healthyAt ?? endedAt) - from)}" height="${bottom - 44}" fill="#f6f1e4"/>`;
}

interface Chart {
  drill: Pictured;
  way: Way;
  top: number;
  x: (at: number) => number;
}

/** Calls a second as bars, the failed ones red, and p99 as a line on a scale of its own. */
function chart({ drill, way, top, x }: Chart): string[] {
  const { stepMs, endedAt } = drill;
  const title = titles[way];
  // The last step is not a whole one.
  const buckets = drill.buckets[way].filter(({ at }) => at + stepMs <= endedAt);
  const most = Math.max(1, ...buckets.map(({ calls }) => calls));
  const slowest = Math.max(10, ...buckets.map(({ p99Ms }) => p99Ms));
  const bottom = top + chartHeight;
  const bar = ({ at }: Bucket, count: number, fill: string): string => {
    const height = round((count / most) * (chartHeight - 12));
    const w = Math.max(1, round(x(stepMs) - x(0) - 0.5));
    return `<rect x="${x(at)}" y="${round(bottom - height)}" width="${w}" height="${height}" fill="${fill}"/>`;
  };
  const line = buckets.map(({ at, p99Ms }) => `${x(at)},${round(bottom - (p99Ms / slowest) * (chartHeight - 12))}`);
  return [
    ...buckets.map((bucket) => bar(bucket, bucket.calls, "#cfd8e3")),
    ...buckets.filter(({ failed }) => failed > 0).map((bucket) => bar(bucket, bucket.failed, bad)),
    `<polyline points="${line.join(" ")}" fill="none" stroke="#3b6ea5"/>`,
    text(10, top + 24, title, "font-weight:bold"),
    text(10, top + 40, `${Math.round((most * 1_000) / stepMs)} calls/s`),
    text(10, top + 54, `p99 to ${Math.round(slowest)} ms`, "", "#3b6ea5"),
  ];
}

function laneBars(
  lane: string,
  states: readonly LaneState[],
  endedAt: number,
  top: number,
  x: (at: number) => number,
): string[] {
  const own = states.filter((state) => state.lane === lane);
  const bars = own.map(({ at, state }, index) => {
    const from = x(at);
    const w = round(x(Math.min(endedAt, own[index + 1]?.at ?? endedAt)) - from);
    const label = w > 40 ? text(from + 3, top + 11, state, "", state === "down" ? "white" : "black") : "";
    return `<rect x="${from}" y="${top}" width="${Math.max(0, w)}" height="${laneHeight}" fill="${colours[state] ?? bad}"/>${label}`;
  });
  return [text(10, top + 11, lane), ...bars];
}

function axis(endedAt: number, y: number, x: (at: number) => number): string[] {
  const tickMs = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000].find((step) => endedAt / step <= 15) ?? 300_000;
  const ticks = Array.from({ length: Math.floor(endedAt / tickMs) + 1 }, (_, index) => index * tickMs);
  return ticks.map((at) => text(x(at), y, `${at / 1_000} s`, "", "#777"));
}

function markLine({ at, kind, text: what }: Mark, y: number, x: (at: number) => number): string[] {
  const colour = kind === "fault" ? bad : "#777";
  return [
    `<line x1="${x(at)}" x2="${x(at)}" y1="44" y2="${y - 3}" stroke="${colour}" stroke-width="0.4"/>`,
    text(Math.min(x(at) + 3, left + width - 200), y, `${(at / 1_000).toFixed(1)} s  ${what}`, "", colour),
  ];
}

function text(x: number, y: number, content: string, style = "", fill = "black"): string {
  return `<text x="${x}" y="${y}" fill="${fill}"${style ? ` style="${style}"` : ""}>${escaped(content)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Services first, then what they use. */
const laneKinds = ["pool", "todo", "vault", "mysql", "agent", "consul"];
function laneOrder(a: string, b: string): number {
  const rank = (lane: string): number => laneKinds.findIndex((kind) => lane.startsWith(kind));
  return rank(a) - rank(b) || a.localeCompare(b);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
