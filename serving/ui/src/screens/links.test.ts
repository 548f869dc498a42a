import { expect, test } from "vitest";
import { namesOf, pathOf, skuOf, trail } from "./links";

test("a SKU is the part of the series' id that its column is", () => {
  expect(skuOf("a|b", ["sku"])).toBe("a|b");
  expect(skuOf("north|4711", ["location", "sku"])).toBe("4711");
});

test("names keep the marks that separate them elsewhere", () => {
  const names = ["bakery/bread", "own\\brand", "plain"];
  expect(namesOf(pathOf(names))).toEqual(names);
  expect(pathOf(names)).toBe("bakery\\/bread/own\\\\brand/plain");
});

test("the trail of a node leads from the total down to it", () => {
  expect(trail("GROCERY/SOUP")).toEqual(["total", "GROCERY", "GROCERY/SOUP"]);
  expect(trail("total")).toEqual(["total"]);
});
