import { describe, expect, test } from "vitest";
import { bucket, isoWeek } from "./dates";
import { NOTHING, numbers } from "./numbers";

describe("weeks", () => {
  test.each([
    ["2017-12-04", 2017, 49],
    ["2018-01-01", 2018, 1],
    ["2016-01-03", 2015, 53],
    ["2020-12-31", 2020, 53],
    ["2021-01-03", 2020, 53],
    ["2024-12-30", 2025, 1],
  ])("%s is in week %i/%i", (date, year, week) => expect(isoWeek(date)).toEqual({ year, week }));

  test("a bucket is told by week and date, whatever the zone of the machine", () => {
    expect(bucket("2017-12-04", "en-GB")).toBe("W49 · 4 Dec 2017");
  });
});

describe("numbers", () => {
  test("thousands marks are the locale's", () => {
    expect(numbers("en-GB").units(12345.6)).toBe("12,346");
    expect(numbers("de-DE").units(12345.6)).toBe("12.346");
  });
  test("small quantities keep what distinguishes them", () => {
    const { units } = numbers("en-GB");
    expect([units(0.126), units(45.67), units(-0.5)]).toEqual(["0.13", "45.7", "-0.5"]);
  });
  test("what is not known is a dash, and no zero", () => {
    const { units, share } = numbers("en-GB");
    expect([units(null), share(undefined), units(Number.NaN), units(0)]).toEqual([NOTHING, NOTHING, NOTHING, "0"]);
  });
});
