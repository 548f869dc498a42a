import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { movesOf, scoredIn } from "./cycles";
import { ranked } from "./standings";

const score = (node: string, wape: number | null, actual = 100): Schemas["Score"] => ({
  hierarchy: "product",
  level: "department",
  node,
  lead: 1,
  observations: 1,
  actual,
  metrics: { wape },
});

test("moves are weighed by what is sold, the greatest gain first, and need a score in both cycles", () => {
  const before = [score("A", 0.5), score("B", 0.2), score("new", null), score("gone", 0.1)];
  const after = [score("B", 0.3, 1000), score("A", 0.4, 50), score("new", 0.1)];
  expect(movesOf(before, after).map(({ node, units }) => [node, Math.round(units)])).toEqual([["A", -5], ["B", 100]]);
});

test("the champion stands first, then challengers by their loss, those left out last", () => {
  const one = (method: string, wql: number | null, champion = false, demand_class = "all") =>
    ({ demand_class, method, observations: 1, wape: null, rmse: null, bias: null, wql, share: null, champion, reason: "" }) satisfies Schemas["Standing"];
  const all = [one("ses", null), one("theta", 0.4), one("lstm", 0.3), one("blend", 0.35, true), one("naive", 0.1, false, "lumpy")];
  expect(ranked(all, "all").map(({ method }) => method)).toEqual(["blend", "lstm", "theta", "ses"]);
});

test("scored cycles stand the newest first", () => {
  const cycle = (name: string, scored: boolean) => ({ cycle: name, scored }) as Schemas["Cycles"]["cycles"][number];
  expect(scoredIn({ cycles: [cycle("2017-10-02", true), cycle("2017-10-09", true), cycle("2017-10-16", false)] })).toEqual(["2017-10-09", "2017-10-02"]);
  expect(scoredIn(undefined)).toEqual([]);
});
