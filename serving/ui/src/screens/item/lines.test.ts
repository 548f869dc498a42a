import { expect, test } from "vitest";
import { linesOf } from "./lines";

const past = [
  { bucket_start: "2017-11-20", units: 40, capped: 9, observed: true },
  { bucket_start: "2017-11-27", units: 3, capped: 0, observed: false },
];
const interval = (level: number, lower: number, upper: number) => ({ level, lower, upper, basis: "published" as const });
const ahead = [{ bucket_start: "2017-12-04", mean: 5, published: 6, intervals: [interval(50, 4, 7), interval(95, 1, 12)] }];

test("the past and what is ahead stand on one line of time", () => {
  const lines = linesOf(past, ahead);
  expect(lines.starts).toEqual(["2017-11-20", "2017-11-27", "2017-12-04"]);
  expect([lines.sold, lines.published]).toEqual([[40, 3, null], [null, null, 6]]);
  expect(lines.cutoff).toBe(2);
});

test("a bucket that does not count is unobserved, and no outlier", () => {
  const lines = linesOf(past, ahead);
  expect(lines.unobserved).toEqual([1]);
  expect([lines.outliers, lines.capped]).toEqual([[40, null, null], [9, null, null]]);
});

test("the widest interval is drawn first", () => {
  expect(linesOf(past, ahead).fan.map((one) => [one.level, one.upper[2]])).toEqual([[95, 12], [50, 7]]);
});

test("what the cycle before published stands where it forecast, also where that is over by now", () => {
  const before = [
    { bucket_start: "2017-11-27", published: 4 },
    { bucket_start: "2017-12-04", published: 7 },
  ];
  expect(linesOf(past, ahead, { before }).before).toEqual([null, 4, 7]);
  expect(linesOf(past, ahead).before).toEqual([null, null, null]);
});

test("what is cut of a few series below a node makes its bucket no outlier", () => {
  const node = [{ bucket_start: "2017-11-27", units: 36_000, capped: 35_800, observed: true }];
  expect(linesOf(node, ahead).outliers).toEqual([null, null]);
});
