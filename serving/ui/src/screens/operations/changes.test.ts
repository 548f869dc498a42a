import { describe, expect, it } from "vitest";
import { changesOf, inShort } from "./changes";
import type { LedgerRow } from "./questions";

const row = (before: LedgerRow["before"], after: LedgerRow["after"], is_cut = false): LedgerRow => ({
  ...{ number: 1, at: "2017-12-05T12:00:00Z", user: "ada", action: "set", subject: "x" },
  ...{ before, after, is_cut },
});

describe("what a row of the ledger changed", () => {
  it("is what differs, with its old and new value", () => {
    const found = changesOf(row({ quantity: 90, locked: false, reason_code: "promotion" }, { quantity: 120.5, locked: true, reason_code: "promotion" }));
    expect(found).toEqual([
      { field: "quantity", before: "90", after: expect.stringMatching("12[01]") },
      { field: "locked", before: "no", after: "yes" },
    ]);
  });
  it("is everything where there was nothing before, but not what is empty", () => {
    expect(inShort(row(null, { roles: "viewer", nodes: null, comment: "" }))).toBe("roles viewer");
  });
  it("is told in short, with how much is left out", () => {
    expect(inShort(row(null, { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }))).toBe("a 1, b 2, c 3, d 4, and 2 more");
    expect(inShort(row({ reason: "launch" }, null))).toBe("reason was launch");
    expect(inShort(row(null, null, true))).toBe("too long to be shown here");
    expect(inShort(row(null, {}))).toBe("");
  });
  it("begins with what matters most", () => {
    expect(inShort(row(null, { bucket_start: "2017-12-04", hierarchy: "product", node: "x", split: "y", quantity: 7 }))).toMatch(/^quantity 7, bucket start/);
  });
  it("leaves out what is merely not so, and tells hashes, moments and lists in a way that can be read", () => {
    expect(inShort(row(null, { revoked: false, disabled: true }))).toBe("disabled yes");
    expect(inShort(row(null, { receipt: "822fd80707ad9c936d5eb8424889dae8" }))).toBe("receipt 822fd80707…");
    expect(inShort(row(null, { expires_at: "2026-12-01T11:19:09+00:00" }))).not.toContain("T11");
    expect(inShort(row({ nodes: null }, { nodes: '["product:GROCERY","product:DAIRY"]' }))).toBe("nodes product:GROCERY, product:DAIRY");
    expect(inShort(row(null, { words: "[not a list" }))).toBe("words [not a list");
    expect(inShort(row(null, { split: [{ a: 1 }] }))).toBe('split [{"a":1}]');
  });
});
