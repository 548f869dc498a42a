import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { instant } from "../../format/dates";
import { count, NOTHING } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Button, Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table, type Column } from "../../parts/Table";
import { FileLink } from "../ItemLink";
import { Mark } from "./Mark";
import { filesOf } from "./questions";
import { TypedFilter } from "./TypedFilter";
import { plain, STATES } from "./words";

type File = Schemas["FileVersion"];
const route = getRouteApi("/data");
const LOOK = "rounded-md border border-line bg-surface px-2 py-1.5";

const COLUMNS: Column<File>[] = [
  { name: "uri", title: "File", cell: (one) => <FileLink version={one.file_version_id}>{one.uri}</FileLink> },
  { name: "state", title: "State", cell: (one) => <Mark of={STATES} name={one.state} /> },
  { name: "arrived", title: "Arrived", cell: (one) => <span className="whitespace-nowrap">{instant(one.arrived_at)}</span> },
  { name: "read", title: "Rows read", numeric: true, cell: (one) => count(one.rows?.read) },
  { name: "accepted", title: "Accepted", numeric: true, cell: (one) => count(one.rows?.accepted) },
  { name: "rejected", title: "Rejected", numeric: true, cell: (one) => count(one.rows?.rejected) },
  { name: "duplicate", title: "Duplicate", numeric: true, cell: (one) => count(one.rows?.duplicate) },
  { name: "reason", title: "Why", cell: (one) => one.reason ?? NOTHING },
];

/** Every version of every file, the last to arrive first. */
export function Files() {
  const { producer, state, uri, cursor } = route.useSearch();
  const found = useQuery(filesOf({ producer, state, uri, cursor }));
  return (
    <Card title="Files" aside={<Filters producers={Object.keys(found.data?.producers ?? {})} />}>
      <Asked of={found} lines={10}>
        {(page) => <Listed page={page} stale={found.isPlaceholderData} />}
      </Asked>
    </Card>
  );
}

function Listed({ page, stale }: { page: Schemas["FilesPage"]; stale: boolean }) {
  const { producer, state, uri, cursor } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  if (page.files.length === 0) {
    const asked = producer ?? state ?? uri;
    return (
      <Notice title={asked ? "No file fits" : "No files yet"}>
        {asked ? (
          <Button className="mt-2" onClick={() => void go({ search: {} })}>
            Clear filters
          </Button>
        ) : (
          "Drop files into the landing folder, or upload one; a running graph reads them."
        )}
      </Notice>
    );
  }
  return (
    <div aria-busy={stale} className={stale ? "opacity-60" : ""}>
      <Table caption="Files of producers" columns={COLUMNS} rows={page.files} keyOf={(one) => one.file_version_id} />
      <Pages next={page.next} later={cursor !== undefined}>
        {count(page.files.length)} of {count(page.total)} file versions
      </Pages>
    </div>
  );
}

function Filters({ producers }: { producers: string[] }) {
  const { producer, state, uri } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  const put = (next: { producer?: string; state?: string }) => void go({ search: (now) => ({ ...now, ...next, cursor: undefined }) });
  const known = [...new Set([...producers, ...(producer ? [producer] : [])])];
  return (
    <span className="flex flex-wrap items-center gap-2">
      <select aria-label="Producer" value={producer ?? ""} onChange={(event) => put({ producer: event.target.value || undefined })} className={LOOK}>
        <option value="">all producers</option>
        {known.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select aria-label="State" value={state ?? ""} onChange={(event) => put({ state: event.target.value || undefined })} className={LOOK}>
        <option value="">any state</option>
        {Object.entries(STATES).map(([name, { words }]) => (
          <option key={name} value={name}>
            {plain(words)}
          </option>
        ))}
      </select>
      <TypedFilter name="uri" value={uri} title="Part of the path" />
      {(producer ?? state ?? uri) && <Button onClick={() => void go({ search: {} })}>Clear filters</Button>}
    </span>
  );
}
