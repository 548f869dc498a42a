import { expect, test } from "vitest";
import { placesOf } from "./places";

test("numbers are drawn from left to right, zero at the bottom and the greatest at the top", () => {
  expect(placesOf([0, 5, 10], 104, 24)).toEqual([[2, 22], [52, 12], [102, 2]]);
});

test("where nothing was sold the line lies at the bottom", () => {
  expect(placesOf([0, 0], 104, 24).map(([, y]) => y)).toEqual([22, 22]);
  expect(placesOf([], 104, 24)).toEqual([]);
});
