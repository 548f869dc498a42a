/** What the address of the screen holds: the part that is open, and its filters. */
export interface DataSearch {
  tab?: "outliers";
  producer?: string;
  state?: string;
  uri?: string;
  series?: string;
  cause?: string;
  promoted?: boolean;
  order?: "newest";
  /** The outlier whose file rows are shown: series and bucket. */
  of?: string;
  at?: string;
  cursor?: string;
}

/** Numbers come as such, because the router reads them. */
function word(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function one<Value extends string>(value: unknown, known: readonly Value[]): Value | undefined {
  return known.find((name) => name === value);
}

export function dataSearch(search: Record<string, unknown>): DataSearch {
  return {
    tab: one(search.tab, ["outliers"]),
    producer: word(search.producer),
    state: word(search.state),
    uri: word(search.uri),
    series: word(search.series),
    cause: word(search.cause),
    promoted: typeof search.promoted === "boolean" ? search.promoted : undefined,
    order: one(search.order, ["newest"]),
    of: word(search.of),
    at: word(search.at),
    cursor: word(search.cursor),
  };
}
