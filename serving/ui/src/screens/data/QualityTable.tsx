import { useState } from "react";
import type { Schemas } from "../../api/client";
import { count, units } from "../../format/numbers";
import { Button } from "../../parts/Notice";
import { Table, type Column } from "../../parts/Table";
import { Mark } from "./Mark";
import { plain, subject, VERDICTS } from "./words";

type Judged = Schemas["Judged"];
const AT_FIRST = 8;

const COLUMNS: Column<Judged>[] = [
  { name: "measure", title: "Measure", cell: (one) => plain(one.measure) },
  { name: "subject", title: "Of", cell: (one) => subject(one.subject) },
  { name: "verdict", title: "Verdict", cell: (one) => <Mark of={VERDICTS} name={one.verdict} /> },
  { name: "value", title: "Is", numeric: true, cell: (one) => units(one.value) },
  { name: "expected", title: "Usual", numeric: true, cell: (one) => units(one.expected) },
  { name: "score", title: "Score", numeric: true, cell: (one) => units(one.score) },
  { name: "with", title: "Compared with", numeric: true, cell: (one) => count(one.compared_with) },
  { name: "detail", title: "What stands out", cell: (one) => one.detail ?? "" },
];


/** A report of data quality, what stands out first. */
export function QualityTable({ rows }: { rows: readonly Judged[] }) {
  const [all, setAll] = useState(false);
  const standing = rows.filter((one) => one.verdict === "block" || one.verdict === "warn").length;
  const shown = all ? rows : rows.slice(0, Math.max(AT_FIRST, standing));
  if (rows.length === 0) return <p className="text-soft">No report: only files that were accepted have one.</p>;
  return (
    <>
      <p className="mb-2 text-soft">
        {standing === 0 ? "Nothing stands out beside earlier files." : `${count(standing)} of ${count(rows.length)} measures stand out.`}
      </p>
      <Table caption="Measures of data quality" columns={COLUMNS} rows={shown} keyOf={(one) => `${one.measure} ${one.subject}`} />
      {shown.length < rows.length && (
        <Button className="mt-2" onClick={() => setAll(true)}>
          Show all {count(rows.length)} measures
        </Button>
      )}
    </>
  );
}
