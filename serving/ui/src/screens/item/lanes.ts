import type { Schemas } from "../../api/client";

export type Told = Pick<Schemas["Channels"], "starts" | "channels" | "history">;
export type Cell = { bucket_start: string; override?: { lock: boolean } | null };

/** Something beside sales that happens bucket by bucket, drawn as a strip above the chart. */
export interface Lane {
  name: string;
  /** A mark fills its bucket by how much of it there is; a level is a line between its least and its most. */
  form: "mark" | "level";
  /** One per bucket of the chart; null is nothing there, or nothing known. */
  values: (number | null)[];
  least: number;
  most: number;
  /** What fills a mark from bottom to top: 1, or of shares of many series the largest, which may be small. */
  full: number;
  /** What is said of a bucket in which there is nothing to read, where that is worth saying. */
  unknown?: string;
}

const PROMOTION = "promo_";
const PRICE = "price";
/** What is known of the past alone and still says something. */
const PAST = new Set([PRICE, "not_observed"]);
const NO_PLAN = "no plan known";
/** The largest price reduction that is planned, a share of the price; told where promotions have one. */
const DISCOUNT = "discount";
/** Curves of the season, which say nothing that the date does not. */
const SEASON = /_(sin|cos)$|^days_until_|^holiday_share/;

function titled(name: string): string {
  const words = name.replace(/^(promo|regressor|event)_/, "").replaceAll("_", " ");
  return name.startsWith(PROMOTION) ? `promo: ${words}` : words;
}

/** Prices of a series, also those ahead that follow from a discount which is planned: no other plan of prices is known. */
function withPlanned(price: readonly (number | null)[], { history, channels }: Told): (number | null)[] {
  const discounts = channels.find(({ name }) => name === DISCOUNT)?.values;
  if (!discounts) return [...price];
  const regular = price.slice(0, history).findLast((one, at) => one !== null && !discounts[at]) ?? null;
  return price.map((one, at) => (at >= history && regular !== null && discounts[at] ? regular * (1 - discounts[at]) : one));
}

/** Promotions, prices, holidays and outside influences of the buckets that a chart shows; empty ones are left out.
 *  Of many series together they are shares. */
export function lanesOf(told: Told | undefined, starts: readonly string[], together = false): Lane[] {
  if (!told) return [];
  const places = starts.map((start) => told.starts.indexOf(start));
  return told.channels.flatMap(({ name, kind, values }) => {
    if (SEASON.test(name) || (kind === "past" && !PAST.has(name))) return [];
    const all = name === PRICE ? withPlanned(values, told) : values;
    const shown = places.map((place) => (place < 0 ? null : (all[place] ?? null)));
    const there = shown.filter((value) => value !== null);
    if (!there.some((value) => value !== 0)) return [];
    const [least, most] = [Math.min(...there), Math.max(...there)];
    const isMark = least >= 0 && most <= 1 && name !== PRICE;
    const full = together && kind !== "calendar" ? most : 1;
    return [{ name: titled(name), form: isMark ? "mark" : "level", values: shown, least, most, full, unknown: name === PRICE ? NO_PLAN : undefined }];
  });
}

/** Buckets in which a planner's number holds, and those in which it is a lock. */
export function plannersLanes(cells: readonly Cell[], starts: readonly string[]): Lane[] {
  const set = new Map(cells.map((cell) => [cell.bucket_start, cell.override]));
  const lane = (name: string, lock: boolean): Lane[] => {
    const values = starts.map((start) => (set.get(start)?.lock === lock ? 1 : set.has(start) ? 0 : null));
    return values.includes(1) ? [{ name, form: "mark", values, least: 0, most: 1, full: 1 }] : [];
  };
  return [...lane("set by a planner", false), ...lane("locked", true)];
}

/** What a lane says of a bucket, in words; nothing where there is nothing. */
export function saysOf(lane: Lane, at: number, share: (value: number) => string, amount: (value: number) => string): string | null {
  const value = lane.values[at] ?? null;
  if (value === null && lane.unknown) return `${lane.name}: ${lane.unknown}`;
  if (value === null || (lane.form === "mark" && value === 0)) return null;
  if (lane.form === "level") return `${lane.name} ${amount(value)}`;
  return value === 1 ? lane.name : `${lane.name} ${share(value)}`;
}
