import type { Schemas } from "../../api/client";
import { trail } from "../links";

export type Node = Schemas["Node"];
export type PlannersNumber = Schemas["PlannersNumber"];
type Effect = Schemas["Effect"];

/** A node or series with its numbers, bucket by bucket and in all. Locks count in the forecast as well. */
export interface Row {
  node: string;
  level: string;
  series: number;
  published: number[];
  forecast: number[];
  locked: boolean[];
  total: number;
  forecastTotal: number;
}

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

export function rowOf({ node, level, series, numbers }: Node): Row {
  const { published = [], mean = [], locked = [] } = numbers ?? {};
  return { node, level, series, published, forecast: mean, locked, total: sum(published), forecastTotal: sum(mean) };
}

/** How much more is published than the reconciled forecast says, as a share of it; null where that is nothing. */
export function moreOf({ total, forecastTotal }: Row): number | null {
  return forecastTotal > 0 ? total / forecastTotal - 1 : null;
}

/** What rows can be ordered by. */
export const ORDERS: Readonly<Record<string, (one: Row, other: Row) => number>> = {
  units: (one, other) => other.total - one.total,
  name: (one, other) => one.node.localeCompare(other.node),
  change: (one, other) => Math.abs(other.total - other.forecastTotal) - Math.abs(one.total - one.forecastTotal),
};

export function ordered(rows: readonly Row[], by: string): Row[] {
  return [...rows].sort(ORDERS[by] ?? ORDERS.units);
}

/** What a draft would do to each row: an effect by its name, of the same hierarchy or of a series. */
export function effectsOf(effects: readonly Effect[], hierarchy: string): Map<string, Effect> {
  const here = effects.filter((one) => one.level === "series" || one.hierarchy === hierarchy);
  return new Map(here.map((one) => [`${one.level} ${one.node}`, one]));
}

/** Numbers that hold, by node and bucket. */
export function byPlace(numbers: readonly PlannersNumber[]): Map<string, PlannersNumber> {
  return new Map(numbers.map((one) => [`${one.node} ${one.bucket_start}`, one]));
}

export type Side = "here" | "above" | "below";

/** Where a number stands, seen from a node; null for what lies beside it, and for series, whose place no name tells. */
export function sideOf(number: PlannersNumber, node: string): Side | null {
  if (number.node === node) return "here";
  if (trail(node).includes(number.node)) return "above";
  return node === "total" || number.node.startsWith(`${node}/`) ? "below" : null;
}
