import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bucket } from "../../../format/dates";
import { units } from "../../../format/numbers";
import { Asked } from "../../../parts/Asked";
import { Kind } from "../../../parts/Lock";
import { Table } from "../../../parts/Table";
import { whyOf } from "../../plannersNumbers";
import { numbersOf } from "../../questions";
import type { Editing } from "./useEditing";

/** The history of edits: numbers that no longer hold, newest first. */
export function Earlier({ editing: { cells, hierarchy, node } }: { editing: Editing }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="mt-4" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-accent">Numbers that held before</summary>
      {open && <Numbers hierarchy={hierarchy} node={node} holding={cells.flatMap((cell) => cell.override?.number ?? [])} />}
    </details>
  );
}

function Numbers({ hierarchy, node, holding }: { hierarchy: string; node: string; holding: number[] }) {
  const found = useQuery(numbersOf(hierarchy, node));
  return (
    <Asked of={found}>
      {({ overrides }) => {
        const over = overrides.filter((one) => !holding.includes(one.number)).reverse();
        if (over.length === 0) return <p className="mt-2 text-soft">Nobody set any other number here.</p>;
        return (
          <Table
            caption="Numbers that held before"
            rows={over}
            keyOf={(one) => one.number}
            columns={[
              { name: "bucket", title: "Bucket", cell: (one) => bucket(one.bucket_start) },
              { name: "units", title: "Units", numeric: true, cell: (one) => units(one.quantity) },
              { name: "kind", title: "Kind", cell: (one) => <Kind lock={one.lock} /> },
              { name: "who", title: "Who", cell: (one) => one.user },
              { name: "from", title: "From the cycle of", cell: (one) => bucket(one.cycle) },
              { name: "to", title: "Until", cell: (one) => (one.ended ? `${bucket(one.ended)}, taken back or replaced` : "its cycle or bucket was over") },
              { name: "why", title: "Why", cell: whyOf },
            ]}
          />
        );
      }}
    </Asked>
  );
}
