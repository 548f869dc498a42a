import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { namesOf } from "../links";
import { ruleName } from "./rules";

export type Item = Schemas["WorklistItem"];
type Mark = Schemas["Mark"];

/** What a mark says. */
export interface Says {
  state: Mark["state"];
  until: string | null;
  assigned_to: string | null;
  note: string;
}

/** What an item's mark says by now, or that there is none. */
export function saidOf(mark: Mark | null): Says {
  return { state: mark?.state ?? null, until: mark?.until ?? null, assigned_to: mark?.assigned_to ?? null, note: mark?.note ?? "" };
}

/** A mark to set on an item, in place of the one that was looked at. */
export function wishOf({ hierarchy, level, node, rule }: Item, says: Says, replaces: number | null): Schemas["MarkToSet"] {
  return { hierarchy, level, node, rule, ...says, replaces };
}

/** An item in words, for buttons and messages. */
export function nameOf({ node, rule }: Item): string {
  return `${namesOf(node).join(" › ")} (${ruleName(rule)})`;
}

/** What was done, in words: what the mark says now that it did not say before. */
export function doneOf(item: Item, says: Says): string {
  const before = saidOf(item.mark);
  const done = [];
  if (says.state === "snoozed" && (before.state !== "snoozed" || before.until !== says.until)) done.push(`Snoozed until ${bucket(says.until ?? "")}`);
  else if (says.state === "accepted" && before.state !== "accepted") done.push("Accepted");
  else if (says.state === null && before.state !== null) done.push("Put back");
  if (says.assigned_to !== before.assigned_to) done.push(says.assigned_to === null ? "Assigned to nobody" : `Assigned to ${says.assigned_to}`);
  if (done.length === 0) done.push(says.note === before.note ? "Nothing was changed" : "Note kept");
  return `${done.join(", ")}: ${nameOf(item)}.`;
}

/** What a mark says, in words, for whoever reads the list. */
export function toldOf({ state, until, assigned_to, note, by }: Mark): string {
  const told = [];
  if (state === "accepted") told.push(`✓ accepted by ${by}`);
  if (state === "snoozed") told.push(`snoozed until ${bucket(until ?? "")} by ${by}`);
  if (assigned_to !== null) told.push(`→ ${assigned_to}`);
  if (note !== "") told.push(`“${note}”`);
  return told.join(" · ");
}

/** Names to choose from: those who plan an item, and whose it is, who may be shut out since. */
export function offered(names: readonly string[], present: string | null): string[] {
  return present === null || names.includes(present) ? [...names] : [present, ...names];
}
