import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { count, units } from "../../format/numbers";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import type { FileCard } from "./FileScreen";
import { plain } from "./words";

const FATES = ["read", "accepted", "rejected", "duplicate"] as const;

/** What became of every row that was read: the fates add up. */
export function LedgerCard({ file }: { file: FileCard }) {
  const { rows, units: sums, ledger } = file;
  return (
    <Card title="What became of its rows">
      {rows && sums && ledger ? (
        <>
          <Table
            caption="Rows by what became of them"
            rows={FATES.map((fate) => ({ fate, rows: rows[fate], units: sums[fate] }))}
            keyOf={(one) => one.fate}
            columns={[
              { name: "fate", title: "Fate", cell: (one) => one.fate },
              { name: "rows", title: "Rows", numeric: true, cell: (one) => count(one.rows) },
              { name: "units", title: "Units", numeric: true, cell: (one) => units(one.units) },
            ]}
          />
          <p className="mt-2 text-soft">
            {count(rows.read)} read = {count(rows.accepted)} accepted + {count(rows.rejected)} rejected + {count(rows.duplicate)} duplicate
          </p>
          {ledger.rows_withdrawn > 0 && (
            <p className="mt-2 text-warn">
              Other files took back {count(ledger.rows_withdrawn)} of the accepted rows, {units(ledger.units_withdrawn)} units.
            </p>
          )}
          {ledger.rejected_by.length > 0 && <Rules version={file.file_version_id} rules={ledger.rejected_by} />}
        </>
      ) : (
        <p className="text-soft">It was not read yet.</p>
      )}
    </Card>
  );
}

function Rules({ version, rules }: { version: string; rules: Schemas["RejectedBy"][] }) {
  return (
    <div className="mt-4">
      <h3 className="mb-1 font-semibold">Rejected by</h3>
      <Table
        caption="Rows that each rule rejected"
        rows={rules}
        keyOf={(one) => one.rule}
        columns={[
          {
            name: "rule",
            title: "Rule",
            cell: ({ rule }) => (
              <Link to="/data/files/$version" params={{ version }} search={{ rule }} hash="rejected" className="text-accent underline-offset-2 hover:underline">
                {plain(rule)}
              </Link>
            ),
          },
          { name: "rows", title: "Rows", numeric: true, cell: (one) => count(one.rows) },
          { name: "units", title: "Units", numeric: true, cell: (one) => units(one.units) },
        ]}
      />
    </div>
  );
}
