import type { Schemas } from "../../api/client";

type Score = Schemas["Score"];

/** What scores can be ordered by, the greatest first. */
export const ORDERS: Readonly<Record<string, (score: Score) => number>> = {
  volume: (score) => score.actual,
  error: (score) => score.metrics.wape ?? -1,
  bias: (score) => Math.abs(score.metrics.bias ?? 0),
};

export function sorted(scores: readonly Score[], by: string): Score[] {
  const value = ORDERS[by] ?? ((score: Score) => score.actual);
  return [...scores].sort((one, other) => value(other) - value(one));
}
