import { describe, expect, test } from "vitest";
import { columnsOf, every, finding, size, span } from "./words";

describe("words of files", () => {
  test("a size is told in the largest unit that keeps it above one", () => {
    expect([size(0, "en-GB"), size(999, "en-GB"), size(18_230, "en-GB"), size(1_500_000, "en-GB"), size(7e12, "en-GB")]).toEqual([
      "0 byte",
      "999 byte",
      "18 kB",
      "1.5 MB",
      "7,000 GB",
    ]);
  });
  test("time between deliveries", () => expect([every(null), every(1), every(7.04)]).toEqual(["not known yet", "every day", "every 7 days"]));
  test("buckets in short", () => {
    expect(span([])).toBe("none");
    expect(span(["2017-12-04"])).toContain("W49");
    expect(span(["2017-11-27", "2017-12-04"])).toMatch(/^2, from W48.* to W49/);
  });
  test("what stands out is told with what is usual, shares in percent", () => {
    const judged = { score: 6, compared_with: 31, verdict: "warn" };
    expect(finding({ ...judged, measure: "rows", subject: "file", value: 480, expected: 24, detail: null })).toBe("rows: 480, usually 24");
    expect(finding({ ...judged, measure: "new_sku_share", subject: "file", value: 0.5, expected: null, detail: "S9" })).toMatch(/^new sku share: 50\s?% \(S9\)$/);
    expect(finding({ ...judged, measure: "day_rows", subject: "2017-11-28", value: 41, expected: 370, detail: null })).toMatch(/^day rows of .*2017.*: 41, usually 370$/);
  });
  test("columns of rejected rows stand once, the first row's first", () => {
    expect(columnsOf([{ original: { b: "1", a: null } }, { original: { a: "2", c: "3" } }])).toEqual(["b", "a", "c"]);
  });
});
