import { explorerSearch, type ExplorerSearch } from "./search";

/** What somebody looks at again and again: an address of the explorer under a name. */
export interface View {
  name: string;
  search: ExplorerSearch;
}

/** Views as they were kept, without what cannot be one. */
export function viewsIn(kept: unknown): View[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null || !("name" in one) || typeof one.name !== "string") return [];
    const search = "search" in one && typeof one.search === "object" && one.search !== null ? one.search : {};
    return [{ name: one.name, search: explorerSearch({ ...search }) }];
  });
}

/** With a view of that name, in place of one that has it already; in the order of names. */
export function withView(views: readonly View[], view: View): View[] {
  return [...without(views, view.name), view].sort((one, other) => one.name.localeCompare(other.name));
}

export function without(views: readonly View[], name: string): View[] {
  return views.filter((one) => one.name !== name);
}

/** With another name for a view; one that had that name before is replaced. */
export function renamed(views: readonly View[], from: string, to: string): View[] {
  const view = views.find((one) => one.name === from);
  return view ? withView(without(views, from), { ...view, name: to }) : [...views];
}
