import { useState } from "react";
import { bucket } from "../../../format/dates";
import { units } from "../../../format/numbers";
import { Lock } from "../../../parts/Lock";
import { Button, Notice } from "../../../parts/Notice";
import { Table } from "../../../parts/Table";
import { SetIn } from "./Buckets";
import { mine, wanted, type Cell } from "./draft";
import type { Editing } from "./useEditing";

/** Somebody else was faster: theirs beside mine, bucket by bucket, and a choice for each. */
export function Merge({ editing }: { editing: Editing }) {
  const { draft, cells, asking, save } = editing;
  const asked = wanted(draft, cells);
  const isTheirs = (cell: Cell) => !!cell.override && cell.override.user !== asking?.name;
  const [left, setLeft] = useState(() => asked.filter(isTheirs).map((cell) => cell.bucket_start));
  const choose = (start: string, theirs: boolean) =>
    setLeft(theirs ? [...left, start] : left.filter((one) => one !== start));
  return (
    <section aria-label="Merge" className="space-y-3">
      <Notice title="Somebody changed these numbers since you looked" bad>
        <p>{save.error?.message}</p>
        <p>Nothing of yours was saved, and nothing was lost. Choose for each bucket whose number holds.</p>
      </Notice>
      <Table
        caption="Their numbers beside mine"
        rows={asked}
        keyOf={(cell) => cell.bucket_start}
        columns={[
          { name: "bucket", title: "Bucket", cell: (cell) => bucket(cell.bucket_start) },
          {
            name: "theirs",
            title: "Theirs (units)",
            cell: (cell) => (
              <Choice cell={cell} checked={left.includes(cell.bucket_start)} pick={() => choose(cell.bucket_start, true)}>
                {cell.override ? <SetIn cell={cell} /> : `no number: ${units(cell.reconciled)} as forecast`}
              </Choice>
            ),
          },
          {
            name: "mine",
            title: "Mine (units)",
            cell: (cell) => (
              <Choice cell={cell} checked={!left.includes(cell.bucket_start)} pick={() => choose(cell.bucket_start, false)}>
                {draft.lock && <Lock />}
                {units(mine(draft, cell))}, {draft.reason.replaceAll("_", " ")}
              </Choice>
            ),
          },
        ]}
      />
      <div className="flex flex-wrap gap-3">
        <Button main disabled={left.length >= asked.length} onClick={() => editing.settle([...draft.left, ...left])}>
          Preview with my choice
        </Button>
        <Button onClick={editing.drop}>Keep all of theirs</Button>
      </div>
    </section>
  );
}

function Choice({ cell, checked, pick, children }: { cell: Cell; checked: boolean; pick: () => void; children: React.ReactNode }) {
  return (
    <label className="flex items-center gap-2">
      <input type="radio" name={`merge ${cell.bucket_start}`} checked={checked} onChange={pick} />
      <span>{children}</span>
    </label>
  );
}
