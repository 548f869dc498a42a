import { expect, test } from "vitest";
import type { Proposal } from "./questions";
import { aboutOf, refusalsOf, stateOf, type Looker } from "./refusals";

const number = (node: string, bucket_start: string) => ({
  hierarchy: "product",
  node,
  bucket_start,
  quantity: 10,
  lock: false,
  reason_code: "promotion",
  comment: "",
  expires: null,
  split: "forecast",
});
const proposal = (over: Partial<Proposal> = {}): Proposal => ({
  proposal: 7,
  user: "ada",
  cycle: "2017-12-04",
  is_current: true,
  total: 2,
  numbers: [number("A/b", "2017-12-04"), number("A/c", "2017-12-11")],
  proposed_at: null,
  inside: true,
  decision: null,
  ...over,
});
const bob: Looker = { name: "bob", mayPlan: true, approval: "four_eyes", cycle: "2017-12-04" };
const replaced = (sequence: number) => ({
  cycle: "2017-12-04",
  wanted: [],
  replaced: [{ ...number("A/b", "2017-12-04"), number: sequence, user: "eve", cycle: "2017-12-04", ended: null }],
  effect: [],
  series: 0,
  conflicts: [],
  advice: [],
});

test("another planner approves and rejects, and what would be refused is said before it is tried", () => {
  expect(refusalsOf(proposal(), bob)).toEqual({ approve: null, reject: null });
  const own = refusalsOf(proposal(), { ...bob, name: "ada" });
  expect([own.approve, own.reject]).toEqual([expect.stringMatching(/four eyes/), null]);
  expect(refusalsOf(proposal(), { ...bob, name: "ada", approval: "review" }).approve).toBeNull();
  expect(refusalsOf(proposal({ is_current: false }), bob).approve).toMatch(/only be rejected/);
  expect(refusalsOf(proposal({ inside: false }), bob).reject).toMatch(/outside of the nodes/);
  expect(refusalsOf(proposal(), { ...bob, mayPlan: false }).reject).toMatch(/role planner/);
});

test("a number that was set after the proposal stands in its way, one that it replaces knowingly does not", () => {
  expect(refusalsOf(proposal(), bob, replaced(8)).approve).toMatch(/eve set 10 units .* after it was proposed/);
  expect(refusalsOf(proposal(), bob, replaced(6)).approve).toBeNull();
});

test("a proposal says what it is about and what became of it", () => {
  expect(aboutOf(proposal())).toMatch(/^A › b and 1 more, W49.* to W50/);
  expect(aboutOf(proposal({ numbers: [number("A/b\\/c", "2017-12-04")], total: 1 }))).toMatch(/^A › b\/c, W49/);
  const ended = (over: object) => stateOf(proposal({ decision: { approved: false, user: "bob", at: "2017-12-05T00:00:00Z", reason: "no", ...over } }));
  expect([stateOf(proposal()), ended({ approved: true, reason: null }), ended({}), ended({ user: "ada" })]).toEqual([
    "waits",
    "✓ approved by bob",
    "✕ rejected by bob: no",
    "↩ taken back: no",
  ]);
});
