import { expect, test } from "vitest";
import { lanesOf, plannersLanes, saysOf } from "./lanes";

const told = {
  history: 2,
  starts: ["2017-11-27", "2017-12-04", "2017-12-11"],
  channels: [
    { name: "price", kind: "past" as const, values: [2, 3, null] },
    { name: "promo_display", kind: "known" as const, values: [0, 0.6, 1] },
    { name: "promo_leaflet", kind: "known" as const, values: [0, 0, 0] },
    { name: "regressor_temperature", kind: "known" as const, values: [-4, 12, null] },
    { name: "yearly_sin", kind: "calendar" as const, values: [0.1, 0.2, 0.3] },
    { name: "rolling_mean_4w", kind: "past" as const, values: [7, 8, null] },
  ],
};
const starts = ["2017-11-20", ...told.starts];

test("promotions, prices and outside influences are lanes; what follows from dates or sales is none, nor what never was", () => {
  expect(lanesOf(told, starts).map(({ name, form }) => [name, form])).toEqual([
    ["price", "level"],
    ["promo: display", "mark"],
    ["temperature", "level"],
  ]);
});

test("a lane has a value for every bucket of the chart, and none where nothing is told", () => {
  expect(lanesOf(told, starts)[1]?.values).toEqual([null, 0, 0.6, 1]);
  expect(lanesOf(undefined, starts)).toEqual([]);
});

test("a bucket is told in words", () => {
  const [price, display] = lanesOf(told, starts);
  const words = (lane: typeof price, at: number) => lane && saysOf(lane, at, (value) => `${value * 100} %`, String);
  expect([0, 1, 2, 3].map((at) => words(display, at))).toEqual([null, null, "promo: display 60 %", "promo: display"]);
  expect(words(price, 2)).toBe("price 3");
});

test("a price ahead is told where a discount is planned, of the last price without one; elsewhere no plan is known", () => {
  const discount = { name: "discount", kind: "known" as const, values: [0, 0.1, 0.25] };
  const ahead = { ...told, channels: [...told.channels, discount] };
  const [planned, price] = [lanesOf(ahead, starts)[0]!, lanesOf(told, starts)[0]!];
  expect(planned.values).toEqual([null, 2, 3, 1.5]);
  expect(saysOf(price, 3, String, String)).toBe("price: no plan known");
  expect([planned.form, price.form]).toEqual(["level", "level"]);
});

test("what planners set is a lane, and what they locked another", () => {
  const cells = [
    { bucket_start: "2017-12-04", override: null },
    { bucket_start: "2017-12-11", override: { lock: true } },
  ];
  expect(plannersLanes(cells, starts).map(({ name, values }) => [name, values])).toEqual([["locked", [null, null, 0, 1]]]);
  expect(plannersLanes([], starts)).toEqual([]);
});

test("shares of many series fill their strip by the largest of them", () => {
  const full = (together: boolean) => lanesOf({ ...told, channels: [{ name: "promo_display", kind: "known", values: [0, 0.02, 0.04] }] }, starts, together)[0]?.full;
  expect([full(true), full(false)]).toEqual([0.04, 1]);
});

test("a node tells which share of its series does not count", () => {
  const channels = [{ name: "not_observed", kind: "past" as const, values: [0.25, 0, null] }];
  expect(lanesOf({ ...told, channels }, starts).map(({ name, form }) => [name, form])).toEqual([["not observed", "mark"]]);
});
