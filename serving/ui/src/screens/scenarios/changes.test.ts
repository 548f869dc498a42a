import { expect, test } from "vitest";
import { definitionOf, emptyChange, formOf, lacking, sentenceOf, type Change, type Definition, type Kind } from "./changes";
import { compared, ticks } from "./compared";

const period = { first: "2017-12-11", last: "2017-12-24" };
const EVERY: Change[] = [
  { kind: "price", node: "GROCERY/SOUP", ...period, percent: -10 },
  { kind: "price", node: "GROCERY", hierarchy: "product", ...period, percent: 5, elasticity: -1.8 },
  { kind: "growth", node: "total", ...period, percent: 20 },
  { kind: "add_promotion", node: "4711", ...period, promotion: "display", share: 0.29, discount: 0.15 },
  { kind: "move_promotion", node: "total", ...period, days: -7 },
  { kind: "remove_promotion", node: "total", ...period, promotion: "mailer" },
  { kind: "regressor", node: "total", ...period, name: "temperature", value: 0 },
  { kind: "launch", new: { location: "s9" }, like: { location: "s1" }, multiplier: 0.8, first: "2017-12-18" },
];

test("what is kept can be changed in the form and comes back as it was", () => {
  const definition: Definition = { description: "spring", changes: EVERY };
  const form = formOf("spring-sale", definition);
  expect(lacking(form)).toBeNull();
  expect(definitionOf(form)).toEqual(definition);
});

test("what the API leaves out because it is usual is filled in", () => {
  const form = formOf("a", { changes: [{ kind: "add_promotion", node: "A", ...period, promotion: "display" }, { kind: "regressor", name: "x", ...period, percent: 1 }] });
  expect([form.changes[0]?.share, form.changes[1]?.node]).toEqual(["100", "total"]);
});

test("what is missing is said one thing at a time, with the change that lacks it", () => {
  const change = (kind: Kind, over = {}) => ({ ...emptyChange(kind, period.first, period.last), ...over });
  const form = (...changes: ReturnType<typeof change>[]) => ({ name: "a", description: "", changes });
  expect(lacking({ ...form(), name: "Spring Sale" })).toMatch(/small letters/);
  expect(lacking({ ...form(), name: "base" })).toMatch(/other than base/);
  expect(lacking(form())).toMatch(/Add what is different/);
  expect(lacking(form(change("growth")))).toMatch(/Change 1: Say where/);
  expect(lacking(form(change("growth", { node: "A" })))).toMatch(/percent/);
  expect(lacking(form(change("growth", { node: "A", percent: "5", last: "2017-12-01" })))).toMatch(/before the first/);
  expect(lacking(form(change("price", { node: "A", percent: "-100" })))).toMatch(/100 %/);
  expect(lacking(form(change("move_promotion", { node: "A", days: "1.5" })))).toMatch(/whole days/);
  expect(lacking(form(change("launch", { fresh: { sku: "9" }, like: {} })))).toMatch(/which existing one/);
  expect(lacking(form(change("regressor", { name: "x", by: "value", value: "0" })))).toBeNull();
});

test("each change is said in a sentence", () => {
  const said = EVERY.map(sentenceOf);
  expect(said[0]).toMatch(/^Price -10 % for GROCERY › SOUP, /);
  expect(said[1]).toMatch(/elasticity -1.8 as stated/);
  expect(said[3]).toMatch(/display in 29\s?% of the stores, 15\s?% off for 4711/);
  expect(said[4]).toMatch(/^Every promotion that begins in the period, -7 days/);
  expect(said[6]).toMatch(/^temperature at 0/);
  expect(said[7]).toMatch(/^A new location s9, like location s1 times 0.8, from/);
});

test("rows are grouped by node with sums of means, and an axis has round marks", () => {
  const row = (node: string, bucket_start: string, base: number, more: number) => ({
    node,
    lead: 1,
    bucket_start,
    ...{ "base:mean": base, "base:lower": base - 1, "base:upper": base + 1 },
    ...{ "a:mean": more, "a:lower": more - 2, "a:upper": more + 2 },
  });
  const [b, a] = compared(["base", "a"], [row("B", "2017-12-11", 10, 14), row("B", "2017-12-18", 1, 2), row("A", "2017-12-11", 5, 5)]);
  expect([b?.node, b?.sums, a?.buckets.length]).toEqual(["B", { base: 11, a: 16 }, 1]);
  expect(b?.buckets[0]?.of.a).toEqual({ mean: 14, lower: 12, upper: 16 });
  const same = { ...row("B", "2017-12-25", 3, 3), "a:lower": 2, "a:upper": 4 };
  const rows = [row("B", "2017-12-11", 10, 14), same, { ...same, node: "C" }];
  expect(compared(["base", "a"], rows).map((each) => each.buckets.map((one) => one.differs))).toEqual([[true, false], [false]]);
  expect(compared(["base", "a"], rows, true).map((each) => [each.node, each.buckets.length, each.sums.a])).toEqual([["B", 1, 14]]);
  expect(ticks(3, 48)).toEqual([10, 20, 30, 40]);
  expect(ticks(0.2, 0.9)).toEqual([0.2, 0.4, 0.6, 0.8]);
  expect(ticks(5, 5)).toEqual([5]);
});
