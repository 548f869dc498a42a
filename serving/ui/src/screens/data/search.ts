import { word } from "../address";

/** What the address of the screen holds: the part that is open, and its filters. */
export interface DataSearch {
  tab?: "outliers" | "quality" | "conflicts";
  producer?: string;
  state?: string;
  uri?: string;
  series?: string;
  cause?: string;
  promoted?: boolean;
  order?: "newest";
  day?: string;
  attribute?: string;
  sku?: string;
  corrected?: boolean;
  /** What is looked at closer: an outlier's series and bucket, or a conflict's SKU and attribute. */
  of?: string;
  at?: string;
  cursor?: string;
}

function one<Value extends string>(value: unknown, known: readonly Value[]): Value | undefined {
  return known.find((name) => name === value);
}

export function dataSearch(search: Record<string, unknown>): DataSearch {
  return {
    tab: one(search.tab, ["outliers", "quality", "conflicts"]),
    producer: word(search.producer),
    state: word(search.state),
    uri: word(search.uri),
    series: word(search.series),
    cause: word(search.cause),
    promoted: typeof search.promoted === "boolean" ? search.promoted : undefined,
    order: one(search.order, ["newest"]),
    day: word(search.day),
    attribute: word(search.attribute),
    sku: word(search.sku),
    corrected: typeof search.corrected === "boolean" ? search.corrected : undefined,
    of: word(search.of),
    at: word(search.at),
    cursor: word(search.cursor),
  };
}
