import type { KeyboardEvent, MouseEvent } from "react";
import { bucket } from "../../../format/dates";
import { NOTHING, units } from "../../../format/numbers";
import { Lock } from "../../../parts/Lock";
import { Table } from "../../../parts/Table";
import { whyOf } from "../../plannersNumbers";
import { isChosen, mine, wanted, type Cell } from "./draft";
import type { Editing } from "./useEditing";

/** The buckets of the item, to be chosen by mouse or keys. */
export function Buckets({ editing, type }: { editing: Editing; type: (digit: string) => void }) {
  const { cells, draft } = editing;
  const would = new Set(wanted(draft, cells).map((cell) => cell.bucket_start));
  const after = (cell: Cell) => (would.has(cell.bucket_start) ? units(mine(draft, cell)) : NOTHING);
  return (
    <Table
      caption="Buckets to change, in units"
      rows={cells}
      keyOf={(cell) => cell.bucket_start}
      columns={[
        { name: "bucket", title: "Bucket", cell: (cell) => <Chooser editing={editing} cell={cell} type={type} /> },
        { name: "reconciled", title: "Without planners (units)", numeric: true, cell: (cell) => units(cell.reconciled) },
        { name: "published", title: "Published (units)", numeric: true, cell: (cell) => units(cell.published) },
        { name: "set", title: "Set by a planner (units)", cell: (cell) => <SetIn cell={cell} /> },
        { name: "mine", title: "Your draft (units)", numeric: true, cell: (cell) => <strong>{after(cell)}</strong> },
      ]}
    />
  );
}

/** Who set what in a bucket, in words. */
export function SetIn({ cell: { override } }: { cell: Cell }) {
  if (override === null || override === undefined) return <>{NOTHING}</>;
  return (
    <>
      {override.lock ? <Lock /> : "✎ "}
      {`${override.lock ? "locked: " : ""}${units(override.quantity)} by ${override.user}, ${whyOf(override)}`}
    </>
  );
}

function Chooser({ editing, cell, type }: { editing: Editing; cell: Cell; type: (digit: string) => void }) {
  const start = cell.bucket_start;
  const chosen = isChosen(editing.draft, start);
  const press = (event: KeyboardEvent<HTMLButtonElement>) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      move(event.currentTarget, key === "ArrowDown" ? 1 : -1, shiftKey ? editing : null);
    } else if (/^\d$/.test(key)) {
      event.preventDefault();
      if (!chosen) editing.choose(start, false);
      type(key);
    }
  };
  return (
    <button
      type="button"
      data-start={start}
      aria-pressed={chosen}
      onClick={(event: MouseEvent) => editing.choose(start, event.shiftKey)}
      onKeyDown={press}
      className="rounded-md border border-line px-2 py-1 aria-pressed:border-accent aria-pressed:font-semibold aria-pressed:text-accent"
    >
      {chosen && <span aria-hidden="true">✓ </span>}
      {bucket(start)}
    </button>
  );
}

/** Goes to the bucket before or after; with Shift, the range grows to it. */
function move(from: HTMLElement, step: number, editing: Editing | null): void {
  const all = [...(from.closest("table")?.querySelectorAll<HTMLElement>("button[data-start]") ?? [])];
  const next = all[all.indexOf(from) + step];
  if (!next) return;
  next.focus();
  if (editing && next.dataset.start) editing.choose(next.dataset.start, true);
}
