import type { Schemas } from "../../../api/client";

export type Cell = Schemas["Cell"];
export type Edit = Schemas["EditToMake"];

/** What somebody means to change and has not saved. Buckets are named by their first day. */
export interface Draft {
  from: string;
  to: string;
  by: "percent" | "units";
  amount: string;
  lock: boolean;
  reason: string;
  comment: string;
  /** Buckets of the range in which somebody else's number is kept. */
  left: string[];
  /** ETag of the numbers that were shown when the buckets were chosen. */
  tag: string;
  /** The request that was tried last and the key that it is tried again with. */
  tried?: { said: string; key: string };
}

export function emptyDraft(): Draft {
  return { from: "", to: "", by: "percent", amount: "", lock: false, reason: "", comment: "", left: [], tag: "" };
}

/** The draft with another range; its ends may be given in any order. */
export function choosing(draft: Draft, from: string, to: string, tag: string): Draft {
  const [first, last] = from <= to ? [from, to] : [to, from];
  return { ...draft, from: first, to: last, left: [], tag };
}

/** The draft with the range stretched to a bucket; without a range, the bucket alone. */
export function stretching(draft: Draft, start: string, tag: string): Draft {
  if (draft.from === "") return choosing(draft, start, start, tag);
  return choosing(draft, start < draft.from ? start : draft.from, start < draft.from ? draft.to : start, tag);
}

export function isChosen(draft: Draft, start: string): boolean {
  return draft.from !== "" && draft.from <= start && start <= draft.to;
}

/** Buckets that the draft would set. */
export function wanted(draft: Draft, cells: readonly Cell[]): Cell[] {
  return cells.filter((cell) => isChosen(draft, cell.bucket_start) && !draft.left.includes(cell.bucket_start));
}

/** The number that the draft says; null while it says none. */
function amountOf(draft: Draft): number | null {
  const amount = draft.amount.trim() === "" ? NaN : Number(draft.amount);
  return Number.isFinite(amount) ? amount : null;
}

/** Units that a bucket would have. Percent is of what reconciliation says. */
export function mine(draft: Draft, cell: Cell): number | null {
  const amount = amountOf(draft);
  if (amount === null) return null;
  return draft.by === "units" ? amount : cell.reconciled * (1 + amount / 100);
}

/** What is still missing, in words; null once it can be asked about. */
export function missing(draft: Draft, cells: readonly Cell[]): string | null {
  if (wanted(draft, cells).length === 0) return "Choose a bucket in the table or the chart.";
  const amount = amountOf(draft);
  if (amount === null) return draft.by === "units" ? "Say how many units each bucket shall have." : "Say by how many percent.";
  if (draft.by === "units" && amount < 0) return "Units are zero or more.";
  if (draft.by === "percent" && amount < -100) return "There is no less than −100 %.";
  if (draft.reason === "") return "Choose a reason.";
  return null;
}

/** Edits of a draft: one for each run of buckets that follow each other. */
export function editsOf(draft: Draft, cells: readonly Cell[], hierarchy: string, node: string): Edit[] {
  const amount = amountOf(draft);
  return runs(cells.map((cell) => isChosen(draft, cell.bucket_start) && !draft.left.includes(cell.bucket_start))).map(
    ([place, buckets]) => ({
      hierarchy,
      node,
      sku: null,
      first: cells[place]?.bucket_start ?? "",
      buckets,
      quantity: draft.by === "units" ? amount : null,
      percent: draft.by === "percent" ? amount : null,
      lock: draft.lock,
      split: "forecast",
      reason_code: draft.reason,
      comment: draft.comment.trim(),
      expires: null,
    }),
  );
}

/** Place and length of every run of true. */
export function runs(flags: readonly boolean[]): [number, number][] {
  const found: [number, number][] = [];
  flags.forEach((flag, place) => {
    const last = found.at(-1);
    if (!flag) return;
    if (last && last[0] + last[1] === place) last[1] += 1;
    else found.push([place, 1]);
  });
  return found;
}

/** The draft with a key for a request: the same one when the same is asked again, so that it is done once. */
export function trying(draft: Draft, said: string, fresh: () => string): Draft & { tried: { said: string; key: string } } {
  const tried = draft.tried?.said === said ? draft.tried : { said, key: fresh() };
  return { ...draft, tried };
}

/** What is left of a draft once it was saved as `asked`: its buckets, and what was changed while the save ran. */
export function leftOf(draft: Draft, asked: Draft): Draft {
  const said = (one: Draft) => JSON.stringify({ ...one, tried: undefined });
  if (draft.from !== asked.from || draft.to !== asked.to) return draft;
  const typed = said(draft) === said(asked) ? { ...emptyDraft(), by: draft.by } : draft;
  // What was saved holds in its buckets by now: the next number there is said knowing that, which no tag of before is.
  return { ...choosing(typed, asked.from, asked.to, ""), tried: undefined };
}

/** The draft over the numbers that are shown, where it is not yet over any. */
export function over(draft: Draft, tag: string): Draft {
  return draft.tag === "" && draft.from !== "" ? { ...draft, tag } : draft;
}
