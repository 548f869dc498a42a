import { expect, test } from "vitest";
import { daysAfter } from "../../format/dates";
import { doneOf, offered, saidOf, toldOf, wishOf, type Item } from "./marks";

const mark = { number: 7, state: null, until: null, assigned_to: "bob", note: "wait", by: "ada", at: "2017-12-05T09:30:00Z" };
const item: Item = {
  ...{ rank: 1, hierarchy: "product", level: "brand", node: "GROCERY/TEA", rule: "biased", units: 1, money: 2, words: "x" },
  ...{ sold: null, published: null, inside: true, mark: null },
};
const marked: Item = { ...item, mark };

test("a mark that is set says all that the one before said and was not changed", () => {
  const wish = wishOf(marked, { ...saidOf(marked.mark), state: "accepted" }, 7);
  expect(wish).toMatchObject({ node: "GROCERY/TEA", rule: "biased", state: "accepted", assigned_to: "bob", note: "wait", replaces: 7 });
});

test("what was done is told in words", () => {
  const none = saidOf(null);
  expect(doneOf(item, { ...none, state: "accepted" })).toBe("Accepted: GROCERY › TEA (Biased).");
  expect(doneOf(item, { ...none, state: "snoozed", until: "2018-01-01", assigned_to: "ada" })).toMatch(/^Snoozed until W1 .*2018, Assigned to ada: /);
  expect(doneOf({ ...item, mark: { ...mark, state: "accepted" } }, saidOf(mark))).toMatch(/^Put back: /);
  expect(doneOf(marked, { ...saidOf(mark), assigned_to: null })).toMatch(/^Assigned to nobody: /);
  expect(doneOf(marked, { ...saidOf(mark), note: "" })).toMatch(/^Note kept: /);
});

test("a mark tells who is to look, and why it is set aside", () => {
  expect(toldOf(mark)).toBe("→ bob · “wait”");
  expect(toldOf({ ...mark, state: "accepted", assigned_to: null, note: "" })).toBe("✓ accepted by ada");
});

test("names are offered once each, with whose it is now, and days are counted over the end of a year", () => {
  expect(offered(["ada", "bob"], null)).toEqual(["ada", "bob"]);
  expect(offered(["ada", "bob"], "bob")).toEqual(["ada", "bob"]);
  expect(offered(["ada"], "gone")).toEqual(["gone", "ada"]);
  expect(daysAfter("2017-12-25", 28)).toBe("2018-01-22");
});
