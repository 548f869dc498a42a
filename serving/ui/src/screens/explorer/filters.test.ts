import { expect, test } from "vitest";
import { choices, matching, searchable } from "./filters";

const series = (id: string, attributes: Record<string, string | string[] | null>, method = "blend") =>
  searchable({ series_id: id, key: { sku: id }, attributes, method });
const all = [
  series("100", { brand: "National", labels: ["bio", "new"] }),
  series("200", { brand: "Private", labels: [] }, "croston"),
  series("201", { brand: null, labels: ["bio"] }),
];
const ids = (q: string, method?: string, where: string[] = []) => matching(all, q, method, where).map((one) => one.series_id);

test("every word must occur somewhere, whatever its case", () => {
  expect(ids("20")).toEqual(["200", "201"]);
  expect(ids("NATION 100")).toEqual(["100"]);
  expect(ids("nation 200")).toEqual([]);
});

test("values of one attribute are alternatives, and several attributes must all hold", () => {
  expect(ids("", undefined, ["brand:National", "brand:Private"])).toEqual(["100", "200"]);
  expect(ids("", undefined, ["brand:National", "labels:bio"])).toEqual(["100"]);
  expect(ids("", "croston")).toEqual(["200"]);
});

test("what nobody knows can be asked for", () => {
  expect(ids("", undefined, ["brand:<UNK>"])).toEqual(["201"]);
  expect(Object.fromEntries(choices(all)).brand).toEqual(["<UNK>", "National", "Private"]);
});
