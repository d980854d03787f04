import fc from "fast-check";
import { expect, it } from "vitest";
import { maxId, parseId } from "../src/id.ts";

it("keeps every BIGINT exactly, whatever zeros precede it", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: maxId }), fc.nat(1), (id, zeros) => {
      expect(parseId("0".repeat(zeros) + id)).toBe(String(id));
    }),
  );
});

it("takes no other text than digits", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+ ]?[0-9]{0,5}[.eExX]?[0-9]{0,30}[ \n]?$/));
  fc.assert(
    fc.property(text, (value) => {
      const id = parseId(value);
      if (id === undefined) return;
      expect(value).toMatch(/^[0-9]{1,20}$/);
      expect(BigInt(id)).toBe(BigInt(value));
      expect(BigInt(id) <= maxId).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
