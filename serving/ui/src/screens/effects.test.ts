import { expect, test } from "vitest";
import { byLevel } from "./effects";

const effect = (level: string, node: string, difference: number, hierarchy = "product") => ({ hierarchy, level, node, before: 1, after: 1 + difference, difference });

test("effects stand level by level from the top, the greatest change first, and the total once", () => {
  const found = byLevel([
    effect("series", "x", 1),
    effect("brand", "A/b", 1),
    effect("department", "A", 1),
    effect("department", "B", -3),
    effect("total", "total", -2),
    effect("total", "total", -2, "place"),
  ]);
  expect(found.map(({ level, effects }) => [level, effects.map((one) => one.node)])).toEqual([
    ["total", ["total", "total"]],
    ["department", ["B", "A"]],
    ["brand", ["A/b"]],
    ["series", ["x"]],
  ]);
});
