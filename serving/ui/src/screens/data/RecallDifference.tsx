import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { change, count, signedShare, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Table, type Column } from "../../parts/Table";
import { ItemLink } from "../ItemLink";
import { differenceOf } from "./questions";

type Numbers = Pick<Schemas["CycleDifference"], "before" | "after" | "difference" | "percent">;

const NUMBERS: Column<Numbers>[] = [
  { name: "before", title: "Before (units)", numeric: true, cell: (one) => units(one.before) },
  { name: "after", title: "After (units)", numeric: true, cell: (one) => units(one.after) },
  { name: "difference", title: "Difference", numeric: true, cell: (one) => change(one.difference) },
  { name: "percent", title: "In percent", numeric: true, cell: (one) => signedShare(one.percent === null ? null : one.percent / 100) },
];

/** What the last recall or undo did to published numbers, once everything is computed again. */
export function RecallDifference({ version, events }: { version: string; events: number }) {
  const found = useQuery(differenceOf(version, events));
  return (
    <div className="mt-4">
      <h3 className="mb-1 font-semibold">What that did to published numbers</h3>
      <Asked of={found} lines={2}>
        {({ difference }) =>
          difference ? (
            <Told difference={difference} />
          ) : (
            <p role="status" className="text-soft">
              Not told yet: that comes when everything is computed again. This page asks by itself.
            </p>
          )
        }
      </Asked>
    </div>
  );
}

function Told({ difference: { cycles, series } }: { difference: Schemas["Difference"] }) {
  if (cycles.length === 0) return <p className="text-soft">Nothing: no published number is another one.</p>;
  return (
    <div className="space-y-3">
      <Table
        caption="Differences by cycle"
        rows={cycles}
        keyOf={(one) => one.cycle}
        columns={[
          { name: "cycle", title: "Cycle", cell: (one) => bucket(one.cycle) },
          { name: "changed", title: "Series changed", numeric: true, cell: (one) => `${count(one.changed)} of ${count(one.series)}` },
          ...NUMBERS,
        ]}
      />
      {series.length > 0 && (
        <details>
          <summary>The {count(series.length)} biggest differences of series</summary>
          <Table
            caption="Biggest differences of series"
            rows={series}
            keyOf={(one) => `${one.cycle} ${one.series_id}`}
            columns={[
              { name: "series", title: "Series", cell: (one) => <ItemLink hierarchy="" level="series" node={one.series_id} /> },
              { name: "cycle", title: "Cycle", cell: (one) => bucket(one.cycle) },
              ...NUMBERS,
            ]}
          />
        </details>
      )}
    </div>
  );
}
