import { expect, test } from "vitest";
import { keptIn } from "./kept";

test("what was kept is filled up with what an older form lacks, and what cannot be read is empty", () => {
  const empty = { name: "", changes: [] as string[] };
  expect(keptIn('{"name":"a"}', empty)).toEqual({ name: "a", changes: [] });
  expect(keptIn(null, empty)).toBe(empty);
  expect(keptIn("{broken", empty)).toBe(empty);
});
