import type { Schemas } from "../../api/client";
import { count } from "../../format/numbers";
import { editsOf, missing, type Cell, type Draft } from "../item/editing/draft";

type Body = Schemas["OverridesToSet"];
/** What one request takes at most: edits, and numbers that they set. */
export const MOST_EDITS = 5000;
const MOST_NUMBERS = 20_000;

/** The series to be changed, and the conditions that leave exactly them, where some do. */
export interface Chosen {
  series: readonly string[];
  conditions?: readonly string[];
}

/** What stands against asking, in words; null once it can be asked. */
export function lacking(draft: Draft, cells: readonly Cell[], chosen: Chosen): string | null {
  const buckets = cells.filter((cell) => draft.from <= cell.bucket_start && cell.bucket_start <= draft.to).length;
  const numbers = chosen.series.length * buckets;
  if (chosen.series.length === 0) return "Choose series in the table.";
  if (draft.from === "") return "Choose the buckets.";
  if (numbers > MOST_NUMBERS) {
    return `That is ${count(numbers)} numbers, and ${count(MOST_NUMBERS)} are set at once at most: choose fewer series or buckets, or change a node of the hierarchy.`;
  }
  if (chosen.series.length > MOST_EDITS && draft.by === "units") {
    return `Units are set for ${count(MOST_EDITS)} series at once at most: choose fewer, or change them by percent.`;
  }
  if (chosen.series.length > MOST_EDITS && !chosen.conditions) {
    return `More than ${count(MOST_EDITS)} series are changed at once only where filters of attributes leave exactly them: choose fewer, or filter and choose all.`;
  }
  return missing(draft, cells);
}

/** What is asked for: one edit per series, or one of all that filters leave where there are too many. */
export function bodyOf(draft: Draft, cells: readonly Cell[], hierarchy: string, { series, conditions }: Chosen): Body {
  if (series.length <= MOST_EDITS) return { edits: series.flatMap((one) => editsOf(draft, cells, hierarchy, one)), selection: null };
  const edit = editsOf(draft, cells, hierarchy, "")[0];
  if (!edit) throw new Error("expected a draft that lacks nothing, got one without buckets");
  const { first, buckets, percent, lock, split, reason_code, comment, expires } = edit;
  return { edits: [], selection: { first, buckets, percent, lock, split, reason_code, comment, expires, attribute: [...(conditions ?? [])] } };
}
