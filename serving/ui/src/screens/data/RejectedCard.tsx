import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Schemas } from "../../api/client";
import { count, NOTHING } from "../../format/numbers";
import { Card } from "../../parts/Card";
import { Table, type Column } from "../../parts/Table";
import { route, SHOWN_ROWS, type FileCard } from "./FileScreen";
import { columnsOf, plain } from "./words";

type Row = Schemas["RejectedRow"];
const MOST = 1000;
const LINK = "text-accent underline underline-offset-2";

/** Rejected rows with their place in the file, why, and the text that came. */
export function RejectedCard({ file }: { file: FileCard }) {
  const { rule, rejected = SHOWN_ROWS } = route.useSearch();
  const { rejected_rows: rows, rejected_total: total } = file;
  const columns = useMemo<Column<Row>[]>(
    () => [
      { name: "row_number", title: "Row", cell: (row) => count(row.row_number) },
      { name: "reason", title: "Rule", cell: (row) => plain(row.reason) },
      { name: "detail", title: "Expected, and what came", cell: (row) => row.detail },
      ...columnsOf(rows).map((name) => ({ name: `came ${name}`, title: <code>{name}</code>, cell: (row: Row) => <Came text={row.original[name]} /> })),
    ],
    [rows],
  );
  const all = (
    <Link to="/data/files/$version" params={{ version: file.file_version_id }} search={{}} hash="rejected" className={LINK}>
      all rules
    </Link>
  );
  return (
    <div id="rejected" className="scroll-mt-20">
      <Card title="Rejected rows" aside={rule && <span>of the rule {plain(rule)} — {all}</span>}>
        {rows.length === 0 ? (
          <p className="text-soft">{rule ? "This rule rejected none." : "None: every row that was read counts, or is held by another file."}</p>
        ) : (
          <>
            <Table caption="Rejected rows as they came" columns={columns} rows={rows} keyOf={(row) => `${row.row_number} ${row.reason}`} />
            <p className="mt-2 text-soft">
              {count(rows.length)} of {count(total)} rows.{" "}
              {rows.length < total && rejected < MOST && (
                <Link
                  to="/data/files/$version"
                  params={{ version: file.file_version_id }}
                  search={{ rule, rejected: Math.min(MOST, rejected * 5) }}
                  hash="rejected"
                  resetScroll={false}
                  className={LINK}
                >
                  Show more
                </Link>
              )}
              {rejected >= MOST && total > MOST && "The table rejected_rows of the lake holds all of them."}
            </p>
          </>
        )}
      </Card>
    </div>
  );
}

/** Text as it came; what is empty is told apart from what was not there. */
function Came({ text }: { text?: string | null }) {
  if (text === undefined || text === null) return <span className="text-soft">{NOTHING}</span>;
  return <code className="whitespace-pre-wrap">{text === "" ? "“”" : text}</code>;
}
