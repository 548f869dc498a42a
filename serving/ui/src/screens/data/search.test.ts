import { expect, test } from "vitest";
import { dataSearch } from "./search";

test("an address that somebody typed wrongly opens the screen without what it does not know", () => {
  const found = dataSearch({ tab: "nonsense", order: 3, promoted: "yes", series: 1029743, state: ["x"] });
  expect(Object.entries(found).filter(([, value]) => value !== undefined)).toEqual([["series", "1029743"]]);
});
