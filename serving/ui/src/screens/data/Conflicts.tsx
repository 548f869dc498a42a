import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Button, Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table, type Column } from "../../parts/Table";
import { useMay } from "../../session/useAsking";
import { Correction } from "./Correction";
import { FileLink } from "../ItemLink";
import { conflictsOf } from "./questions";
import { TypedFilter } from "./TypedFilter";

type Conflict = Schemas["Conflict"];
const route = getRouteApi("/data");
const LOOK = "rounded-md border border-line bg-surface px-2 py-1.5";

const COLUMNS: Column<Conflict>[] = [
  { name: "sku", title: "SKU", cell: (one) => <Sku sku={one.sku} /> },
  { name: "attribute", title: "Attribute", cell: (one) => one.attribute },
  { name: "said", title: "Who says what", cell: (one) => <Said of={one} /> },
  { name: "used", title: "Used", cell: (one) => one.said.find((said) => said.wins)?.value ?? (one.corrected ? "what a planner said" : "") },
];

/** Attributes on which producers disagree, whose value is used, and for planners the way to say what it is. */
export function Conflicts() {
  const { attribute, sku, corrected, cursor, of, at } = route.useSearch();
  const found = useQuery(conflictsOf({ attribute, sku, corrected, cursor }));
  const mayPlan = useMay("plan");
  const may = mayPlan && typeof found.data?.corrections_to === "string";
  return (
    <>
      {mayPlan && found.data?.advice && <Notice title="Nothing can be corrected here yet">{found.data.advice}</Notice>}
      {may && of !== undefined && <Correction key={of} sku={of} asked={at} />}
      <Card title="Attributes on which producers disagree" aside={<Filters attributes={found.data?.attributes ?? {}} />}>
        <Asked of={found} lines={12}>
          {(page) => <Listed page={page} may={may} stale={found.isPlaceholderData} />}
        </Asked>
      </Card>
    </>
  );
}

function Listed({ page, may, stale }: { page: Schemas["Conflicts"]; may: boolean; stale: boolean }) {
  const { attribute, sku, corrected, cursor } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  if (page.items.length === 0) {
    const filtered = attribute !== undefined || sku !== undefined || corrected !== undefined;
    return (
      <Notice title={filtered ? "No disagreement fits" : "Nobody disagrees"}>
        {filtered ? (
          <Button className="mt-2" onClick={() => void go({ search: { tab: "conflicts" } })}>
            Clear filters
          </Button>
        ) : (
          `In the cycle of ${bucket(page.cycle)} all producers say the same of every attribute, of what you see.`
        )}
      </Notice>
    );
  }
  const action: Column<Conflict> = {
    name: "correct",
    title: "Correct",
    cell: (one) => (
      <Link to="/data" search={(now) => ({ ...now, of: one.sku, at: one.attribute })} className="text-accent underline underline-offset-2">
        Correct…
        <span className="sr-only">
          {" "}
          {one.attribute} of {one.sku}
        </span>
      </Link>
    ),
  };
  return (
    <div aria-busy={stale} className={stale ? "opacity-60" : ""}>
      <p className="mb-2 text-soft">
        {count(page.total)} as known in the cycle of {bucket(page.cycle)}. The producer with the lowest priority number wins, then the newest file; a planner wins over all.
      </p>
      <Table caption="Attribute conflicts" columns={may ? [...COLUMNS, action] : COLUMNS} rows={page.items} keyOf={(one) => `${one.sku} ${one.attribute}`} />
      <Pages next={page.next} later={cursor !== undefined}>
        {count(page.items.length)} of {count(page.total)} disagreements
      </Pages>
    </div>
  );
}

function Sku({ sku }: { sku: string }) {
  return (
    <Link to="/skus/$sku" params={{ sku }} className="font-medium text-accent underline-offset-2 hover:underline" preload="intent">
      {sku}
    </Link>
  );
}

function Said({ of: { said } }: { of: Conflict }) {
  return (
    <ul>
      {said.map((one) => (
        <li key={one.producer}>
          {one.wins && <span aria-hidden="true">★ </span>}
          <span className={one.wins ? "font-medium" : ""}>{one.value}</span> <span className="text-soft">— {one.producer},</span>{" "}
          <FileLink version={one.file_version_id}>{one.file_version_id}</FileLink>
        </li>
      ))}
    </ul>
  );
}

function Filters({ attributes }: { attributes: Readonly<Record<string, number>> }) {
  const { attribute, sku, corrected } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  const put = (next: { attribute?: string; corrected?: boolean }) => void go({ search: (now) => ({ ...now, ...next, cursor: undefined }) });
  const names = [...new Set([...Object.keys(attributes), ...(attribute ? [attribute] : [])])];
  const filtered = attribute !== undefined || sku !== undefined || corrected !== undefined;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <select aria-label="Attribute" value={attribute ?? ""} onChange={(event) => put({ attribute: event.target.value || undefined })} className={LOOK}>
        <option value="">any attribute</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name} ({count(attributes[name] ?? 0)})
          </option>
        ))}
      </select>
      <select
        aria-label="Decided"
        value={corrected === undefined ? "" : String(corrected)}
        onChange={(event) => put({ corrected: event.target.value === "" ? undefined : event.target.value === "true" })}
        className={LOOK}
      >
        <option value="">decided or not</option>
        <option value="false">not decided</option>
        <option value="true">a planner decided</option>
      </select>
      <TypedFilter name="sku" value={sku} title="Part of the SKU" />
      {filtered && <Button onClick={() => void go({ search: { tab: "conflicts" } })}>Clear filters</Button>}
    </span>
  );
}
