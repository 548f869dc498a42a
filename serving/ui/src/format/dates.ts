/** Business dates, which have no time zone: `2017-12-04` is that day everywhere. */
const LOCALE = globalThis.navigator?.language;
const DAY = 86_400_000;

export function moment(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** A day so many days after another. */
export function daysAfter(date: string, many: number): string {
  return new Date(moment(date) + many * DAY).toISOString().slice(0, 10);
}

/** ISO week of a date: the week belongs to the year that its Thursday is in. */
export function isoWeek(date: string): { year: number; week: number } {
  const at = new Date(moment(date));
  const thursday = at.getTime() + (3 - ((at.getUTCDay() + 6) % 7)) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) + 1 };
}

export function day(date: string, locale: string | undefined = LOCALE): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(moment(date));
}

/** Week and date of a bucket, such as `W49 · 4 Dec 2017`. */
export function bucket(date: string, locale: string | undefined = LOCALE): string {
  return `W${isoWeek(date).week} · ${day(date, locale)}`;
}

/** A moment with its time, in the user's zone. */
export function instant(at: string, locale: string | undefined = LOCALE): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}
