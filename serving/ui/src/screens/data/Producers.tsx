import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket, instant } from "../../format/dates";
import { count, NOTHING, share } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table, type Column } from "../../parts/Table";
import { Mark } from "./Mark";
import { producers } from "./questions";
import { every, FRESHNESS, plain, STATES } from "./words";

type Producer = Schemas["Producer"];

const COLUMNS: Column<Producer>[] = [
  { name: "producer", title: "Producer", cell: (one) => <Name producer={one} /> },
  { name: "feed", title: "Delivers", cell: (one) => plain(one.feed) },
  { name: "fresh", title: "Freshness", cell: (one) => <Fresh producer={one} /> },
  { name: "newest", title: "Newest file", cell: (one) => <When>{one.arrived_at && instant(one.arrived_at)}</When> },
  { name: "bucket", title: "Sales up to", cell: (one) => <When>{one.newest_bucket && bucket(one.newest_bucket)}</When> },
  { name: "files", title: "Files", cell: (one) => <States producer={one} /> },
  { name: "read", title: "Rows read", numeric: true, cell: (one) => count(one.rows.read) },
  { name: "rejected", title: "Rejected", numeric: true, cell: (one) => <Share part={one.rows.rejected} whole={one.rows.read} /> },
];

export function Producers() {
  const found = useQuery(producers);
  return (
    <Card title="Producers">
      <Asked of={found} lines={5}>
        {(data) =>
          data.producers.length ? (
            <Table caption="Producers" columns={COLUMNS} rows={data.producers} keyOf={(one) => one.producer} />
          ) : (
            <Notice title="No producers">demand.yaml names none yet; CONTRIBUTING.md shows how to add one.</Notice>
          )
        }
      </Asked>
    </Card>
  );
}

function Name({ producer: { producer, configured } }: { producer: Producer }) {
  return (
    <>
      <Link to="/data" search={{ producer }} className="font-medium text-accent underline-offset-2 hover:underline">
        {producer}
      </Link>
      {!configured && <span className="text-soft"> (no longer in demand.yaml)</span>}
    </>
  );
}

function Fresh({ producer: { freshness, expected_by, usual_days } }: { producer: Producer }) {
  return (
    <>
      <Mark of={FRESHNESS} name={freshness} />
      {expected_by && (
        <span className="block text-sm text-soft">
          {every(usual_days)}; next by {instant(expected_by)}
        </span>
      )}
    </>
  );
}

function When({ children }: { children: string | null }) {
  return <span className="whitespace-nowrap">{children ?? NOTHING}</span>;
}

function States({ producer: { producer, states } }: { producer: Producer }) {
  const found = Object.entries(states);
  if (found.length === 0) return <>{NOTHING}</>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {found.map(([state, many]) => (
        <Link key={state} to="/data" search={{ producer, state }} className="whitespace-nowrap underline-offset-2 hover:underline">
          {count(many)} <Mark of={STATES} name={state} />
        </Link>
      ))}
    </span>
  );
}

function Share({ part, whole }: { part: number; whole: number }) {
  if (whole === 0) return <>{NOTHING}</>;
  return (
    <>
      {count(part)} <span className="text-soft">({share(part / whole)})</span>
    </>
  );
}
