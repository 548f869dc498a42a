import type { Schemas } from "../../api/client";

/** Mean and interval of one scenario, or of the base, in one bucket. */
interface Estimate {
  mean: number;
  lower: number;
  upper: number;
}

export interface Bucket {
  start: string;
  /** By name, `base` among them. */
  of: Record<string, Estimate>;
  /** Whether one of them is another than the base, by its mean or its interval. */
  differs: boolean;
}

export interface NodeCompared {
  node: string;
  buckets: Bucket[];
  /** Units over its buckets, by name. */
  sums: Record<string, number>;
}

type Row = Schemas["Comparison"]["rows"][number];

function estimate(row: Row, name: string): Estimate {
  const of = (what: string) => Number(row[`${name}:${what}`] ?? NaN);
  return { mean: of("mean"), lower: of("lower"), upper: of("upper") };
}

function isSame(one: Estimate | undefined, other: Estimate | undefined): boolean {
  return one?.mean === other?.mean && one?.lower === other?.lower && one?.upper === other?.upper;
}

/** Rows of a comparison by node, in the order in which the nodes come; of all buckets, or only those that differ. */
export function compared(names: readonly string[], rows: readonly Row[], only = false): NodeCompared[] {
  const found = new Map<string, NodeCompared>();
  for (const row of rows) {
    const node = String(row.node);
    const there = found.get(node) ?? { node, buckets: [], sums: Object.fromEntries(names.map((name) => [name, 0])) };
    const of = Object.fromEntries(names.map((name) => [name, estimate(row, name)]));
    const differs = names.some((name) => !isSame(of[name], of[names[0] ?? ""]));
    if (only && !differs) continue;
    there.buckets.push({ start: String(row.bucket_start), of, differs });
    for (const name of names) there.sums[name] = (there.sums[name] ?? 0) + (of[name]?.mean ?? 0);
    found.set(node, there);
  }
  return [...found.values()];
}

/** Marks of an axis: about `wanted` round numbers from the least to the most. */
export function ticks(least: number, most: number, wanted = 5): number[] {
  const span = most - least;
  if (!(span > 0)) return [least];
  const rough = 10 ** Math.floor(Math.log10(span / wanted));
  const step = [1, 2, 5, 10].map((times) => times * rough).find((one) => span / one <= wanted) ?? rough * 10;
  const from = Math.ceil(least / step);
  return Array.from({ length: Math.max(0, Math.floor(most / step) - from + 1) }, (_, place) => Number(((from + place) * step).toPrecision(12)));
}
