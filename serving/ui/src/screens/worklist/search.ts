import { word } from "../address";

/** What the worklist shows, as its address says it. */
export interface WorklistSearch {
  rule?: string;
  /** Only what who asks is to look at, or nobody in particular; everything when left out. */
  whose?: "mine" | "unassigned";
  /** Whether what was accepted or snoozed is shown too. */
  aside?: true;
  cursor?: string;
}

/** An address as it was typed or kept, without what the worklist does not know. */
export function worklistSearch(search: Record<string, unknown>): WorklistSearch {
  return {
    rule: word(search.rule),
    whose: search.whose === "mine" || search.whose === "unassigned" ? search.whose : undefined,
    aside: search.aside === true ? true : undefined,
    cursor: word(search.cursor),
  };
}
