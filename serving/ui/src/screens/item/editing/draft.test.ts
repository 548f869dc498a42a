import { expect, test } from "vitest";
import { freshKey } from "../../../api/sending";
import { choosing, editsOf, emptyDraft, isChosen, leftOf, mine, missing, over, runs, stretching, trying, type Cell, type Draft } from "./draft";
import { draftIn } from "./keptDrafts";
import { grouped, relationOf } from "./relation";

const STARTS = ["2017-12-04", "2017-12-11", "2017-12-18"];
const CELLS: Cell[] = STARTS.map((bucket_start) => ({ bucket_start, reconciled: 50, published: 50, override: null }));
const draft = (part: Partial<Draft> = {}): Draft => ({
  ...emptyDraft(),
  from: STARTS[0]!,
  to: STARTS[2]!,
  amount: "20",
  reason: "promotion",
  ...part,
});

test("a range is stretched to either side, and one that begins anew keeps what was typed", () => {
  const begun = choosing(draft(), STARTS[1]!, STARTS[1]!, "t");
  expect([begun.from, begun.to, begun.amount, begun.tag]).toEqual([STARTS[1], STARTS[1], "20", "t"]);
  const up = stretching(begun, STARTS[0]!, "t");
  expect([up.from, up.to]).toEqual([STARTS[0], STARTS[1]]);
  expect(stretching(up, STARTS[2]!, "t").to).toBe(STARTS[2]);
  expect(stretching(emptyDraft(), STARTS[1]!, "t").from).toBe(STARTS[1]);
  expect(choosing(draft(), STARTS[2]!, STARTS[0]!, "t").from).toBe(STARTS[0]);
  expect(isChosen(emptyDraft(), STARTS[0]!)).toBe(false);
});

test("percent is of what reconciliation says, units are as typed", () => {
  expect(mine(draft(), CELLS[0]!)).toBe(60);
  expect(mine(draft({ by: "units" }), CELLS[0]!)).toBe(20);
  expect(mine(draft({ amount: "" }), CELLS[0]!)).toBeNull();
});

test("what is missing is said one thing at a time", () => {
  expect(missing(emptyDraft(), CELLS)).toMatch(/Choose a bucket/);
  expect(missing(draft({ amount: " " }), CELLS)).toMatch(/percent/);
  expect(missing(draft({ amount: "-101" }), CELLS)).toMatch(/100 %/);
  expect(missing(draft({ by: "units", amount: "-1" }), CELLS)).toMatch(/zero or more/);
  expect(missing(draft({ reason: "" }), CELLS)).toMatch(/reason/);
  expect(missing(draft(), CELLS)).toBeNull();
});

test("buckets left to somebody else cut a range into runs", () => {
  const edits = editsOf(draft({ left: [STARTS[1]!] }), CELLS, "product", "A");
  expect(edits.map(({ first, buckets, percent }) => [first, buckets, percent])).toEqual([
    [STARTS[0], 1, 20],
    [STARTS[2], 1, 20],
  ]);
  expect(runs([true, true, false, true])).toEqual([[0, 2], [3, 1]]);
  expect(missing(draft({ left: STARTS }), CELLS)).toMatch(/Choose a bucket/);
});

test("the same request is tried again under its key, another one under its own", () => {
  let made = 0;
  const fresh = () => `key ${(made += 1)}`;
  const once = trying(draft(), "one", fresh);
  expect(trying(once, "one", fresh).tried.key).toBe("key 1");
  expect(trying(once, "other", fresh).tried.key).toBe("key 2");
  expect(freshKey()).toMatch(/^[0-9a-f]{32}$/);
});

test("effects stand by where they are seen from the item", () => {
  const effect = (level: string, node: string, hierarchy = "product") => ({ hierarchy, level, node, before: 1, after: 2, difference: 1 });
  const from = (level: string, node: string) => relationOf(effect(level, node), "product", "A/b", false);
  expect([from("brand", "A/b"), from("department", "A"), from("total", "total")]).toEqual(["this", "above", "above"]);
  expect([from("series", "x"), from("item", "A/b/c"), from("department", "B")]).toEqual(["below", "below", "beside"]);
  expect(relationOf(effect("department", "A"), "product", "x", true)).toBe("above");
  expect(grouped([effect("total", "total"), effect("series", "x")], "product", "x", true).map(([name]) => name)).toEqual(["this", "above"]);
});

test("a draft that cannot be read is an empty one, and one of an older form is filled up", () => {
  expect(draftIn(null)).toEqual(emptyDraft());
  expect(draftIn("{broken")).toEqual(emptyDraft());
  expect(draftIn('{"amount":"7"}')).toEqual({ ...emptyDraft(), amount: "7" });
});

test("of a saved draft its buckets are left, and what was changed while the save ran, over what is shown by then", () => {
  const asked = trying(draft({ tag: "t", by: "units", lock: true }), "said", () => "key");
  const left = leftOf({ ...asked, tried: undefined }, asked);
  expect(left).toEqual({ ...emptyDraft(), by: "units", from: STARTS[0], to: STARTS[2] });
  expect([over(left, "new").tag, over({ ...left, tag: "old" }, "new").tag, over(emptyDraft(), "new").tag]).toEqual(["new", "old", ""]);
  expect(leftOf({ ...asked, comment: "typed meanwhile" }, asked)).toEqual({ ...asked, comment: "typed meanwhile", tag: "", tried: undefined });
  const moved = { ...asked, from: STARTS[1]! };
  expect(leftOf(moved, asked)).toBe(moved);
});
