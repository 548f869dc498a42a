import type { Schemas } from "../../api/client";

type Told = Pick<Schemas["Channels"], "starts" | "channels">;

/** Something beside sales that happens bucket by bucket, drawn as a strip above the chart. */
export interface Lane {
  name: string;
  /** A mark fills its bucket by how much of it there is; a level is a line between its least and its most. */
  form: "mark" | "level";
  /** One per bucket of the chart; null is nothing there, or nothing known. */
  values: (number | null)[];
  least: number;
  most: number;
}

const PROMOTION = "promo_";
/** Curves of the season, which say nothing that the date does not. */
const SEASON = /_(sin|cos)$|^days_until_|^holiday_share/;

function titled(name: string): string {
  const words = name.replace(/^(promo|regressor|event)_/, "").replaceAll("_", " ");
  return name.startsWith(PROMOTION) ? `promo: ${words}` : words;
}

/** Promotions, prices, holidays and outside influences of the buckets that a chart shows; empty ones are left out. */
export function lanesOf(told: Told | undefined, starts: readonly string[]): Lane[] {
  if (!told) return [];
  const places = starts.map((start) => told.starts.indexOf(start));
  return told.channels.flatMap(({ name, kind, values }) => {
    if (SEASON.test(name) || (kind === "past" && name !== "price")) return [];
    const shown = places.map((place) => (place < 0 ? null : (values[place] ?? null)));
    const there = shown.filter((value) => value !== null);
    if (!there.some((value) => value !== 0)) return [];
    const [least, most] = [Math.min(...there), Math.max(...there)];
    const isMark = least >= 0 && most <= 1 && kind !== "past";
    return [{ name: titled(name), form: isMark ? "mark" : "level", values: shown, least, most } as const];
  });
}

/** What a lane says of a bucket, in words; nothing where there is nothing. */
export function saysOf(lane: Lane, at: number, share: (value: number) => string, amount: (value: number) => string): string | null {
  const value = lane.values[at] ?? null;
  if (value === null || (lane.form === "mark" && value === 0)) return null;
  if (lane.form === "level") return `${lane.name} ${amount(value)}`;
  return value === 1 ? lane.name : `${lane.name} ${share(value)}`;
}
