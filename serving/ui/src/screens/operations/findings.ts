import { day } from "../../format/dates";
import { share } from "../../format/numbers";
import type { Schemas } from "../../api/client";
import type { Card } from "./questions";

/** Something about a cycle that somebody should look at. */
interface Finding {
  what: string;
  next: string;
}

const FINE = new Set(["holds", "unjudged"]);
const INTERVALS: Readonly<Record<string, string>> = {
  "too narrow": "More was sold outside than promised. Read these intervals as too sure of themselves.",
  "too wide": "Less was sold outside than promised: stock held for it is more than is needed.",
  widened: "They were too narrow and were widened for this cycle; nothing is to be done.",
  blocked: "They are so far off that they are not to be relied on until more cycles are scored.",
};

/** What stands out in a cycle, the gravest first: what is missing, its model, its error, intervals that drifted. */
export function findingsOf(card: Card, score?: Schemas["Score"]): Finding[] {
  return [...missing(card), ...modelOf(card), ...errorOf(score), ...driftOf(card)];
}

function missing(card: Card): Finding[] {
  const found: Finding[] = [];
  if (!card.forecast) return [{ what: "It was not forecast.", next: `dp materialize weekly_cycle ${card.cycle} makes it.` }];
  if (!card.published) found.push({ what: "It was forecast, but no number was published.", next: "Its run in Dagster says where it ended." });
  else if (!card.bundled) found.push({ what: "It was published, but has no bundle, so nobody can be served it.", next: "Its run in Dagster says where it ended." });
  if (card.published && !card.planner_inputs) found.push({ what: "Planners' numbers were not taken in.", next: "The sensors do that; with dp run it is done once." });
  return found;
}

function modelOf(card: Card): Finding[] {
  if (!card.forecast || card.model) return [];
  return [{ what: "Statistical methods alone forecast it: there was no champion.", next: `dp materialize retrain ${card.cycle} trains one.` }];
}

function errorOf(score?: Schemas["Score"]): Finding[] {
  const { wape, naive_wape } = score?.metrics ?? {};
  if (wape == null || naive_wape == null || wape <= naive_wape) return [];
  return [{ what: `Its error, ${share(wape)}, is above that of the naive forecast, ${share(naive_wape)}.`, next: "Accuracy shows which groups it comes from." }];
}

function driftOf(card: Card): Finding[] {
  return card.intervals
    .filter(({ verdict }) => !FINE.has(verdict))
    .map((one) => ({
      what: `${one.level} % intervals of ${one.demand_class} demand: ${share(one.coverage)} came inside, ${share(one.low)} to ${share(one.high)} is allowed: ${one.verdict}.`,
      next: INTERVALS[one.verdict] ?? "",
    }));
}

/** Who is champion of a class of demand, and against whom that was judged. */
export function champions(card: Card): Schemas["Standing"][] {
  return card.leaderboard.filter((one) => one.champion);
}

/** How long before a cycle its model was trained. */
export function ageOf(model: string, cycle: string): string {
  const weeks = Math.round((Date.parse(cycle) - Date.parse(model)) / (7 * 86_400_000));
  if (weeks <= 0) return `trained in this cycle, ${day(model)}`;
  return `trained in the cycle of ${day(model)}, ${weeks === 1 ? "a week" : `${weeks} weeks`} before`;
}
