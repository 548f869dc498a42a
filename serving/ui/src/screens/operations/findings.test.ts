import { describe, expect, it } from "vitest";
import { classesOf } from "../accuracy/standings";
import { ageOf, champions, findingsOf } from "./findings";
import type { Card } from "./questions";

const card = {
  ...{ cycle: "2017-12-04", forecast: true, published: true, bundled: true, trained: false, scored: false, explained: false, served: true },
  ...{ model: {}, planner_inputs: {}, intervals: [], leaderboard: [], lineage: [] },
} as unknown as Card;
const interval = { demand_class: "lumpy", level: 80, cycles: 6, observations: 100, coverage: 0.61, low: 0.7, high: 0.9, verdict: "too narrow" };
const score = (wape: number, naive_wape: number) => ({ metrics: { wape, naive_wape } }) as never;

describe("findings of a cycle", () => {
  it("are none where all is well", () => {
    expect(findingsOf(card, score(0.4, 0.5))).toEqual([]);
    expect(findingsOf({ ...card, intervals: [{ ...interval, verdict: "holds" }, { ...interval, verdict: "unjudged", coverage: null }] })).toEqual([]);
  });
  it("name intervals that drifted, with what came and what is allowed", () => {
    const [found] = findingsOf({ ...card, intervals: [interval] });
    expect(found?.what).toContain("80 % intervals of lumpy demand");
    expect(found?.what).toContain("too narrow");
    expect(found?.next).not.toBe("");
  });
  it("name a missing model, numbers that nobody is served, and an error above the naive one", () => {
    const wrong = { ...card, model: null, bundled: false, planner_inputs: null };
    expect(findingsOf(wrong, score(0.6, 0.5))).toHaveLength(4);
  });
  it("say only that a cycle was not forecast where it was not", () => {
    expect(findingsOf({ ...card, forecast: false, published: false, bundled: false, model: null })).toHaveLength(1);
  });
});

it("classes of the leaderboard begin with all, and each has its champion", () => {
  const standing = (demand_class: string, champion: boolean) => ({ demand_class, champion, method: "x", observations: 1, reason: "" }) as Card["leaderboard"][number];
  const judged = { ...card, leaderboard: [standing("smooth", true), standing("all", false), standing("all", true), standing("erratic", true)] };
  expect(classesOf(judged.leaderboard)).toEqual(["all", "erratic", "smooth"]);
  expect(champions(judged)).toHaveLength(3);
});

it("the age of a model is told in weeks", () => {
  expect(ageOf("2017-10-02", "2017-12-04")).toContain("9 weeks before");
  expect(ageOf("2017-11-27", "2017-12-04")).toContain("a week before");
  expect(ageOf("2017-12-04", "2017-12-04")).toContain("this cycle");
});
