import type { ClusterStatus } from "@minicluster/admin";
import Table from "cli-table3";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

type Colours = Terminal["colours"];
type Paint = (text: string) => string;

/** Good, middling and bad, by what the cell says. */
function paint(colours: Colours, text: string): string {
  const { green, yellow, red } = colours;
  const of: Readonly<Record<string, Paint>> = {
    active: green,
    standby: green,
    passing: green,
    passed: green,
    warning: yellow,
    sealed: red,
    uninitialized: red,
    unreachable: red,
    critical: red,
    failed: red,
  };
  return of[text]?.(text) ?? text;
}

/** Lines of tables: Vault's nodes, then each service's instances. */
export function statusTables(status: ClusterStatus, colours: Colours): string[] {
  const { bold } = colours;
  const cell = (text: string): string => paint(colours, text);
  const lines = [bold("vault")];
  lines.push(
    status.vaults.length === 0
      ? "  no node known"
      : table(
          ["address", "state", "health", "version", "leader"],
          status.vaults.map(({ address, state, code, version, leader, reason }) => [
            address,
            cell(state),
            code === undefined ? (reason ?? "") : String(code),
            version ?? "",
            leader ?? "",
          ]),
        ),
  );
  for (const { service, instances } of status.services) {
    lines.push("", bold(service));
    lines.push(
      instances.length === 0
        ? "  no instance registered"
        : table(
            ["instance", "node", "address", "health", "test", "reason"],
            instances.map(({ id, node, address, port, status: health, test, reason }) => [
              id,
              node,
              `${address}:${port}`,
              cell(health),
              cell(test),
              reason ?? "",
            ]),
          ),
    );
  }
  return lines;
}

/** Columns without borders, so that lines can be cut with ordinary tools. */
const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

function table(head: string[], rows: string[][]): string {
  const style = { head: [], border: [], "padding-left": 0, "padding-right": 0 };
  const made = new Table({ chars: noBorders, style });
  made.push(head, ...rows.map((row) => row.map(printable)));
  return made
    .toString()
    .split("\n")
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}
