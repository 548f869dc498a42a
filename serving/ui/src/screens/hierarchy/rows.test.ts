import { expect, test } from "vitest";
import { byPlace, effectsOf, moreOf, ordered, rowOf, sideOf, type Node, type PlannersNumber } from "./rows";

const node = (name: string, published: number[], mean: number[]): Node => ({
  level: "department",
  node: name,
  parent: "total",
  series: 2,
  numbers: { published, mean, locked: published.map(() => false) },
});
const number = (name: string, over: Partial<PlannersNumber> = {}): PlannersNumber => ({
  hierarchy: "product",
  node: name,
  bucket_start: "2017-12-04",
  quantity: 1,
  lock: true,
  reason_code: "event",
  comment: "",
  expires: null,
  split: "forecast",
  number: 1,
  user: "ada",
  cycle: "2017-12-04",
  ended: null,
  ...over,
});

test("rows know their totals and how far planners moved them", () => {
  const row = rowOf(node("A", [10, 20], [10, 15]));
  expect([row.total, row.forecastTotal]).toEqual([30, 25]);
  expect(moreOf(row)).toBeCloseTo(0.2);
  expect(rowOf({ ...node("A", [], []), numbers: null }).total).toBe(0);
  expect(moreOf(rowOf(node("A", [1], [0])))).toBeNull();
});

test("rows are ordered by units, by name, or by what planners changed", () => {
  const rows = [node("B", [10], [1]), node("A", [30], [30]), node("C", [20], [18])].map(rowOf);
  const names = (by: string) => ordered(rows, by).map((one) => one.node);
  expect([names("units"), names("name"), names("change"), names("?")]).toEqual([
    ["A", "C", "B"],
    ["A", "B", "C"],
    ["B", "C", "A"],
    ["A", "C", "B"],
  ]);
});

test("effects and numbers are found by name, those of other hierarchies are not", () => {
  const effect = (level: string, name: string, hierarchy = "product") => ({ hierarchy, level, node: name, before: 1, after: 2, difference: 1 });
  const found = effectsOf([effect("department", "A"), effect("department", "B", "other"), effect("series", "x", "other")], "product");
  expect([...found.keys()]).toEqual(["department A", "series x"]);
  expect(byPlace([number("A")]).get("A 2017-12-04")?.user).toBe("ada");
});

test("a number stands here, above or below a node, or elsewhere", () => {
  const side = (name: string, from: string) => sideOf(number(name), from);
  expect([side("A", "A"), side("total", "A"), side("A", "A/b"), side("A/b", "A"), side("AB", "A"), side("x", "A"), side("x", "total")]).toEqual([
    "here",
    "above",
    "above",
    "below",
    null,
    null,
    "below",
  ]);
});
