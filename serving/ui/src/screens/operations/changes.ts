import { instant } from "../../format/dates";
import { units } from "../../format/numbers";
import type { LedgerRow } from "./questions";

/** One field of what the ledger says, before and after. */
export interface Change {
  field: string;
  before: string | null;
  after: string | null;
}

const SHOWN = 4;
/** What is told first; the ledger keeps fields by the alphabet. */
const FIRST = ["quantity", "locked", "reason", "reason_code", "comment", "roles", "nodes", "cycle", "bundle"];
const HASH = /^[0-9a-f]{32,}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

/** What a row of the ledger changed, field by field: what stayed as it was is left out, and what is merely not so. */
export function changesOf(row: LedgerRow): Change[] {
  const { before, after } = row;
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort((one, other) => rank(one) - rank(other));
  return names
    .map((name) => ({ field: name.replaceAll("_", " "), before: told(before?.[name]), after: told(after?.[name]) }))
    .filter((one) => one.before !== one.after && !(one.before === null && one.after === NO));
}

/** The same in one line, with how many fields it leaves out. */
export function inShort(row: LedgerRow): string {
  if (row.is_cut) return "too long to be shown here";
  const all = changesOf(row);
  const said = all.slice(0, SHOWN).map(worded);
  return [...said, ...(all.length > SHOWN ? [`and ${all.length - SHOWN} more`] : [])].join(", ");
}

function worded({ field, before, after }: Change): string {
  if (after === null) return `${field} was ${before}`;
  return before === null ? `${field} ${after}` : `${field} ${before} → ${after}`;
}

const NO = "no";

function told(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "boolean") return value ? "yes" : NO;
  if (typeof value === "number") return units(value);
  if (typeof value === "string") return HASH.test(value) ? `${value.slice(0, 10)}…` : MOMENT.test(value) ? instant(value) : plain(value);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ");
  return JSON.stringify(value);
}

/** A list that the ledger keeps as JSON text, such as a user's nodes, is shown as a list. */
function plain(text: string): string {
  if (!text.startsWith("[")) return text;
  try {
    return told(JSON.parse(text)) ?? "";
  } catch {
    return text;
  }
}
