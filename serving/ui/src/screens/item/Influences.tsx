import { useState } from "react";
import { bucket } from "../../format/dates";
import { share, units } from "../../format/numbers";
import { Table } from "../../parts/Table";
import type { Lines } from "./lines";

/** The lanes of the chart and the cycle before as a table: every bucket in which there is something. */
export function Influences({ lines }: { lines: Lines }) {
  const [open, setOpen] = useState(false);
  const { lanes, before, starts } = lines;
  const rows = starts.map((_, at) => at).filter((at) => before[at] != null || lanes.some((lane) => lane.values[at]));
  if (rows.length === 0) return null;
  const title = lanes.length === 0 ? "The cycle before, in numbers" : "Promotions, prices and other influences, in numbers";
  return (
    <details className="mt-3" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer text-accent">{title}</summary>
      {open && (
        <Table
          caption={title}
          rows={[...rows].reverse()}
          keyOf={(at) => at}
          columns={[
            { name: "bucket", title: "Bucket", cell: (at) => bucket(starts[at] ?? "") },
            ...lanes.map((lane) => ({
              name: lane.name,
              title: lane.name,
              numeric: true,
              cell: (at: number) => (lane.values[at] == null && lane.unknown) || (lane.form === "mark" ? share(lane.values[at]) : units(lane.values[at])),
            })),
            { name: "before", title: "Published in the cycle before (units)", numeric: true, cell: (at) => units(before[at]) },
          ]}
        />
      )}
    </details>
  );
}
