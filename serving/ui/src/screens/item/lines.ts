import type { Schemas } from "../../api/client";
import { moment } from "../../format/dates";
import { lanesOf, plannersLanes, type Cell, type Lane, type Told } from "./lanes";

type Interval = Schemas["Interval"];

/** A bucket that is over. */
export interface Past {
  bucket_start: string;
  units: number;
  /** Nothing is said of it where history is that of a moment and no cycle's. */
  capped: number | null;
  observed: boolean | null;
}

/** A bucket that is forecast. */
export interface Ahead {
  bucket_start: string;
  mean: number;
  published: number;
  intervals: Interval[];
}

/** What a chart draws: an array per line, all as long as `at`; null is nothing there. */
export interface Lines {
  at: number[];
  starts: string[];
  sold: (number | null)[];
  outliers: (number | null)[];
  capped: (number | null)[];
  mean: (number | null)[];
  /** What `mean` is: of a series what the models say, of a node the sum that is published where no planner set a number. */
  meanIs: "statistical" | "reconciled";
  published: (number | null)[];
  /** What the cycle before published, of the buckets that it forecast. */
  before: (number | null)[];
  /** Widest first, so that narrower ones are drawn over them. */
  fan: { level: number; lower: (number | null)[]; upper: (number | null)[] }[];
  /** Places of buckets that models do not learn from. */
  unobserved: number[];
  /** Place of the first bucket that is forecast. */
  cutoff: number;
  lanes: Lane[];
}

/** What stands beside the numbers of the cycle itself. */
export interface Beside {
  /** The leads of the cycle before. */
  before?: readonly { bucket_start: string; published: number }[];
  told?: Told;
  /** Whether that is of many series together. */
  together?: boolean;
  /** Planners' numbers, for whoever may see them. */
  cells?: readonly Cell[];
  meanIs?: Lines["meanIs"];
}

/** Share of a bucket's units that must have been cut to show. A node has some outlier below it nearly always. */
const LEAST = 0.02;

/** Whether a bucket was an outlier that models see less of. */
function isCapped(bucket: Past): boolean {
  return bucket.observed === true && bucket.capped !== null && bucket.units - bucket.capped > LEAST * Math.abs(bucket.units);
}

export function linesOf(past: readonly Past[], ahead: readonly Ahead[], beside: Beside = {}): Lines {
  const starts = [...past.map((one) => one.bucket_start), ...ahead.map((one) => one.bucket_start)];
  const first = <Value>(value: (one: Past) => Value | null) => [...past.map(value), ...ahead.map(() => null)];
  const then = <Value>(value: (one: Ahead) => Value | null) => [...past.map(() => null), ...ahead.map(value)];
  const earlier = new Map(beside.before?.map((one) => [one.bucket_start, one.published]));
  const levels = [...new Set(ahead.flatMap((one) => one.intervals.map(({ level }) => level)))].sort((a, b) => b - a);
  const end = (level: number, side: "lower" | "upper") =>
    then((one) => one.intervals.find((interval) => interval.level === level)?.[side] ?? null);
  return {
    at: starts.map((start) => moment(start) / 1000),
    starts,
    sold: first((one) => one.units),
    outliers: first((one) => (isCapped(one) ? one.units : null)),
    capped: first((one) => (isCapped(one) ? one.capped : null)),
    mean: then((one) => one.mean),
    meanIs: beside.meanIs ?? "statistical",
    published: then((one) => one.published),
    before: starts.map((start) => earlier.get(start) ?? null),
    fan: levels.map((level) => ({ level, lower: end(level, "lower"), upper: end(level, "upper") })),
    unobserved: past.flatMap((one, place) => (one.observed === false ? [place] : [])),
    cutoff: past.length,
    lanes: [...lanesOf(beside.told, starts, beside.together), ...plannersLanes(beside.cells ?? [], starts)],
  };
}
