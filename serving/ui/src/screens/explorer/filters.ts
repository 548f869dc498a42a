import type { Schemas } from "../../api/client";

type Series = Schemas["Series"];
const UNKNOWN = "<UNK>";

/** A series with the text that is searched in it. */
export interface Found {
  series: Series;
  text: string;
}

export function searchable(series: Series): Found {
  const words = [series.series_id, ...Object.values(series.attributes).flat(), series.method];
  return { series, text: words.filter((word) => word !== null).join("\n").toLowerCase() };
}

/** Values of an attribute or key column; the mark for "nobody knows" where there is none. */
function valuesOf(series: Series, name: string): string[] {
  const value = series.attributes[name] ?? series.key[name] ?? UNKNOWN;
  return Array.isArray(value) ? value : [value];
}

/** The conditions `name:value` by name: values of one are alternatives, as the API has it. */
export function conditions(where: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const one of where) {
    const colon = one.indexOf(":");
    const name = one.slice(0, colon);
    found.set(name, [...(found.get(name) ?? []), one.slice(colon + 1)]);
  }
  return found;
}

/** Series in which every word occurs and every condition holds. */
export function matching(all: readonly Found[], q: string, method: string | undefined, where: readonly string[]): Series[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const asked = [...conditions(where)];
  return all
    .filter(
      ({ series, text }) =>
        (!method || series.method === method) &&
        words.every((word) => text.includes(word)) &&
        asked.every(([name, values]) => valuesOf(series, name).some((value) => values.includes(value))),
    )
    .map(({ series }) => series);
}

/** The most values that a list to choose from may have. */
const CHOICES = 500;

/** Attributes with few enough values to choose from, and those values. */
export function choices(all: readonly Found[]): [string, string[]][] {
  const found = new Map<string, Set<string>>();
  for (const { series } of all) {
    for (const name of Object.keys(series.attributes)) {
      const values = found.get(name) ?? new Set();
      if (values.size <= CHOICES) for (const value of valuesOf(series, name)) values.add(value);
      found.set(name, values);
    }
  }
  return [...found]
    .filter(([, values]) => values.size <= CHOICES)
    .map(([name, values]) => [name, [...values].sort()]);
}
