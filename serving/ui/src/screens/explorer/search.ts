import { word } from "../address";

/** What the explorer shows, as its address says it. */
export interface ExplorerSearch {
  q?: string;
  method?: string;
  where?: string[];
  /** Columns that are not shown. */
  hide?: string[];
  /** Column that rows are sorted by; a `-` before it is from the last to the first. */
  sort?: string;
}

function words(value: unknown): string[] | undefined {
  const found = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  return found.length > 0 ? found : undefined;
}

/** An address as it was typed or kept, without what the explorer does not know. */
export function explorerSearch(search: Record<string, unknown>): ExplorerSearch {
  return { q: word(search.q), method: word(search.method), where: words(search.where), hide: words(search.hide), sort: word(search.sort) };
}

/** Whether two addresses show the same. */
export function same(one: ExplorerSearch, other: ExplorerSearch): boolean {
  const said = (search: ExplorerSearch) => {
    const { q, method, where, hide, sort } = explorerSearch({ ...search });
    return JSON.stringify([q, method, [...(where ?? [])].sort(), [...(hide ?? [])].sort(), sort]);
  };
  return said(one) === said(other);
}
