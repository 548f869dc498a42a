import type { Schemas } from "../../api/client";
import { bucket, day } from "../../format/dates";
import { share, units } from "../../format/numbers";

type Look = { mark: string; words: string; tone: string };

/** States of a file version: a mark and a word beside the colour. */
export const STATES: Readonly<Record<string, Look>> = {
  waiting: { mark: "◌", words: "waits to be read", tone: "text-soft" },
  accepted: { mark: "✓", words: "accepted", tone: "text-good" },
  superseded: { mark: "↻", words: "replaced", tone: "text-soft" },
  duplicate: { mark: "=", words: "duplicate", tone: "text-soft" },
  quarantined: { mark: "⊘", words: "quarantined", tone: "text-bad" },
  recalled: { mark: "↶", words: "recalled", tone: "text-warn" },
};

/** How fresh a producer is. */
export const FRESHNESS: Readonly<Record<string, Look>> = {
  on_time: { mark: "✓", words: "on time", tone: "text-good" },
  late: { mark: "!", words: "late", tone: "text-bad" },
  unknown: { mark: "?", words: "too few files to tell", tone: "text-soft" },
  nothing: { mark: "–", words: "nothing came yet", tone: "text-warn" },
};

/** Verdicts of the gates of data quality. */
export const VERDICTS: Readonly<Record<string, Look>> = {
  block: { mark: "⊘", words: "blocks", tone: "text-bad" },
  warn: { mark: "!", words: "warns", tone: "text-warn" },
  ok: { mark: "✓", words: "as usual", tone: "text-good" },
  unjudged: { mark: "–", words: "not judged", tone: "text-soft" },
};

/** What is to be known of a state, and what to do. */
export const ADVICE: Readonly<Record<string, string>> = {
  waiting: "A running graph reads it by itself; elsewhere `dp run` does.",
  quarantined: "Nothing of it counts. Correct the file and send it again under the same name, or correct what demand.yaml says of it.",
  recalled: "It counts for nothing, and nothing of it is deleted. Put back, it counts as before.",
  duplicate: "Its content counts already, under another name or arrival.",
  superseded: "A newer version of the same file counts in its place.",
};

export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** A size in bytes, in the largest unit that keeps it above one. */
export function size(bytes: number, locale?: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let value = bytes;
  let place = 0;
  while (value >= 1000 && place < units.length - 1) {
    value /= 1000;
    place += 1;
  }
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[place], unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** Time between deliveries, such as "every 7 days". */
export function every(days: number | null): string {
  if (days === null) return "not known yet";
  const whole = Math.round(days * 10) / 10;
  return whole === 1 ? "every day" : `every ${whole.toLocaleString()} days`;
}

/** Buckets in short: how many, and from when to when. */
export function span(buckets: readonly string[]): string {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return "none";
  return first === last ? bucket(first) : `${buckets.length}, from ${bucket(first)} to ${bucket(last)}`;
}

/** Columns of rejected rows as they came, in the order in which rows first have them. */
export function columnsOf(rows: readonly { original: Record<string, string | null> }[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row.original)))];
}

/** Likely causes of outliers. */
export const CAUSES: Readonly<Record<string, string>> = {
  feed_duplicate: "Reported twice",
  bulk_order: "Bulk order",
  promotion: "Promotion",
  event: "Event",
  holiday: "Holiday",
  price: "Low price",
  unknown: "Unknown",
};

export function causeName(cause: string): string {
  return CAUSES[cause] ?? plain(cause);
}

/** What a measure of data quality is about. */
export function subject(name: string): string {
  if (name === "file") return "the whole file";
  return /^\d{4}-\d\d-\d\d$/.test(name) ? day(name) : name;
}

/** A measure that stands out, in a sentence. */
export function finding({ measure, subject: about, value, expected, detail }: Schemas["Judged"]): string {
  const told = measure.endsWith("_share") ? share : units;
  const where = about === "file" ? "" : ` of ${subject(about)}`;
  const usual = expected === null ? "" : `, usually ${told(expected)}`;
  return `${plain(measure)}${where}: ${told(value)}${usual}${detail ? ` (${detail})` : ""}`;
}
