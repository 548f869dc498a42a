import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Schemas } from "../../api/client";
import { bucket, instant } from "../../format/dates";
import { count, money, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Table, type Column } from "../../parts/Table";
import { FileLink } from "../ItemLink";
import { rowsBehind } from "./questions";

type Row = Schemas["FileRow"];
const SHOWN = 15;

const COLUMNS: Column<Row>[] = [
  { name: "file", title: "File", cell: (row) => <FileLink version={row.file_version_id}>{row.file_version_id}</FileLink> },
  { name: "row", title: "Row", numeric: true, cell: (row) => count(row.row_number) },
  { name: "at", title: "Sold at", cell: (row) => <span className="whitespace-nowrap">{instant(row.sold_at)}</span> },
  { name: "units", title: "Units", numeric: true, cell: (row) => units(row.quantity) },
  { name: "revenue", title: "Revenue (money)", numeric: true, cell: (row) => money(row.revenue) },
  { name: "sale", title: "Sale", cell: (row) => row.transaction_id ?? "" },
  { name: "counts", title: "Counts", cell: (row) => counting(row) },
];

function counting({ known, counts, recalled }: Row): string {
  if (recalled) return "no: recalled";
  if (!known) return "no: came later";
  return { all: "yes", some: "in part: restated", none: "no: restated" }[counts];
}

/** The biggest file rows behind what an item sold in a bucket. */
export function RowsBehind({ series, start }: { series: string; start: string }) {
  const found = useQuery(rowsBehind(series, start));
  const biggest = useMemo(() => [...(found.data?.rows ?? [])].sort((one, other) => other.quantity - one.quantity).slice(0, SHOWN), [found.data]);
  const close = (
    <Link to="/data" search={(now) => ({ ...now, of: undefined, at: undefined })} className="text-accent underline underline-offset-2">
      Close
    </Link>
  );
  return (
    <Card title={`File rows of ${series}, ${bucket(start)}`} aside={close}>
      <Asked of={found} lines={4}>
        {({ total, rows }) => (
          <>
            <p className="mb-2 text-soft">
              {biggest.length === total ? `All ${count(total)} rows` : `The ${count(biggest.length)} biggest of ${count(total)} rows`}, the biggest first
              {rows.length < total && `, as far as the first ${count(rows.length)} tell`}.
            </p>
            <Table caption="File rows" columns={COLUMNS} rows={biggest} keyOf={(row) => `${row.file_version_id} ${row.row_number}`} />
          </>
        )}
      </Asked>
    </Card>
  );
}
