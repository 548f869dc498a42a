import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { day as dayOf, instant } from "../../format/dates";
import { count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Button, Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table, type Column } from "../../parts/Table";
import { FileLink } from "../ItemLink";
import { Mark } from "./Mark";
import { producers as known, qualityOf } from "./questions";
import { finding, STATES, VERDICTS } from "./words";

type Report = Schemas["QualityReport"];
const route = getRouteApi("/data");
const LOOK = "rounded-md border border-line bg-surface px-2 py-1.5";
const SHOWN = 4;

const COLUMNS: Column<Report>[] = [
  { name: "uri", title: "File", cell: (one) => <FileLink version={one.file_version_id}>{one.uri}</FileLink> },
  { name: "arrived", title: "Arrived", cell: (one) => <span className="whitespace-nowrap">{instant(one.arrived_at)}</span> },
  { name: "verdict", title: "Verdict", cell: (one) => <Verdict of={one} /> },
  { name: "findings", title: "What stands out", cell: (one) => <Findings of={one} /> },
];

/** What stands out in files beside those that their producer delivered before: the newest of each, then all. */
export function Quality() {
  const { producer, day, cursor } = route.useSearch();
  const found = useQuery(qualityOf({ producer, day, cursor }));
  const newest: Column<Report>[] = [{ name: "producer", title: "Producer", cell: (one) => one.producer }, ...COLUMNS];
  return (
    <Asked of={found} lines={12}>
      {(page) => (
        <div className={`space-y-4 ${found.isPlaceholderData ? "opacity-60" : ""}`} aria-busy={found.isPlaceholderData}>
          <Card title={day ? `Newest file of each producer on ${dayOf(day)}` : "Newest file of each producer"} aside={<Filters newest={page.day} />}>
            {page.newest.length ? <Table caption="Newest reports" columns={newest} rows={page.newest} keyOf={(one) => one.producer} /> : <Nothing />}
          </Card>
          {page.reports.length > 0 && (
            <Card title={day ? `All files of ${dayOf(day)}` : "All files"}>
              <Table caption="Reports of data quality" columns={COLUMNS} rows={page.reports} keyOf={(one) => one.file_version_id} />
              <Pages next={page.next} later={cursor !== undefined}>
        {count(page.reports.length)} of {count(page.total)} files
      </Pages>
            </Card>
          )}
        </div>
      )}
    </Asked>
  );
}

function Nothing() {
  const { producer, day } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  if (!producer && !day) return <Notice title="No files yet">Reports come with the files that producers deliver.</Notice>;
  return (
    <Notice title="No file fits">
      <Button className="mt-2" onClick={() => void go({ search: { tab: "quality" } })}>
        Clear filters
      </Button>
    </Notice>
  );
}

function Verdict({ of: { state, verdicts } }: { of: Report }) {
  const worst = ["block", "warn", "ok", "unjudged"].find((one) => (verdicts[one] ?? 0) > 0);
  const all = Object.values(verdicts).reduce((sum, many) => sum + many, 0);
  if (worst === undefined) return <Mark of={STATES} name={state} />;
  return (
    <>
      <Mark of={VERDICTS} name={worst} />
      <span className="block text-sm whitespace-nowrap text-soft">
        {count(verdicts[worst])} of {count(all)} measures
      </span>
      {state !== "accepted" && <Mark of={STATES} name={state} />}
    </>
  );
}

function Findings({ of: { verdicts, findings } }: { of: Report }) {
  if (Object.keys(verdicts).length === 0) return <span className="text-soft">no report: it was not accepted, or waits</span>;
  if (findings.length === 0) return <span className="text-soft">nothing</span>;
  return (
    <ul className="space-y-0.5">
      {findings.slice(0, SHOWN).map((one) => (
        <li key={`${one.measure} ${one.subject}`}>{finding(one)}</li>
      ))}
      {findings.length > SHOWN && <li className="text-soft">and {count(findings.length - SHOWN)} more on its page</li>}
    </ul>
  );
}

function Filters({ newest }: { newest: string | null }) {
  const { producer, day } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  const names = useQuery(known).data?.producers.map((one) => one.producer) ?? [];
  const put = (next: { producer?: string; day?: string }) => void go({ search: (now) => ({ ...now, ...next, cursor: undefined }) });
  return (
    <span className="flex flex-wrap items-center gap-2">
      <select aria-label="Producer" value={producer ?? ""} onChange={(event) => put({ producer: event.target.value || undefined })} className={LOOK}>
        <option value="">all producers</option>
        {[...new Set([...names, ...(producer ? [producer] : [])])].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <input type="date" aria-label="Day of arrival" value={day ?? ""} onChange={(event) => put({ day: event.target.value || undefined })} className={LOOK} />
      {newest && newest !== day && <Button onClick={() => put({ day: newest })}>Day of the newest file</Button>}
      {(producer ?? day) && <Button onClick={() => void go({ search: { tab: "quality" } })}>Clear filters</Button>}
    </span>
  );
}
