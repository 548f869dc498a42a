import { expect, test } from "vitest";
import { fileOf } from "./questions";
import { dataSearch } from "./search";

test("an address that somebody typed wrongly opens the screen without what it does not know", () => {
  const found = dataSearch({ tab: "nonsense", order: 3, promoted: "yes", series: 1029743, state: ["x"] });
  expect(Object.entries(found).filter(([, value]) => value !== undefined)).toEqual([["series", "1029743"]]);
});

test("while a file is asked for, no other file stands on its page", () => {
  const meanwhile = fileOf("b", undefined, 20).placeholderData as (before: { file_version_id: string }) => unknown;
  expect(meanwhile({ file_version_id: "a" })).toBeUndefined();
  expect(meanwhile({ file_version_id: "b" })).toEqual({ file_version_id: "b" });
});
