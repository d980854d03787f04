import { expect, it } from "vitest";
import { type ColumnRow, differences } from "../src/columns.ts";

const wanted = [
  { name: "id", types: ["bigint"], length: 0, autoIncrement: true },
  { name: "status", types: ["varchar"], length: 255 },
];
const row = (change: Partial<ColumnRow>): ColumnRow => ({
  ...{ name: "status", type: "varchar", length: 255, nullable: "NO", fallback: null, extra: "", charset: "utf8mb4" },
  ...change,
});
const id = row({ name: "id", type: "bigint", length: null, extra: "auto_increment", charset: null });

it.each<[string, ColumnRow[], string[]]>([
  ["as made", [id, row({})], []],
  ["wider", [id, row({ length: "1000" })], []],
  ["with an optional column more", [id, row({}), row({ name: "note", nullable: "YES" })], []],
  ["with a column more that has a default", [id, row({}), row({ name: "note", fallback: "''" })], []],
  ["missing a column", [id], ["status is missing"]],
  ["narrower", [id, row({ length: 20 })], ["status holds 20, less than 255"]],
  ["of another type", [id, row({ type: "int", length: null })], ["status is int, not varchar"]],
  ["without AUTO_INCREMENT", [{ ...id, extra: "" }, row({})], ["id is not AUTO_INCREMENT"]],
  ["of another character set", [id, row({ charset: "latin1" })], ["status is latin1, not utf8mb4"]],
  ["needing a column of its own", [id, row({}), row({ name: "x" })], ["x is not one of ours, and has no default"]],
])("a table %s", (_name, rows, lines) => {
  expect(differences(rows, wanted)).toEqual(lines);
});
