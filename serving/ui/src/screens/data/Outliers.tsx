import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count, money, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Button, Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table, type Column } from "../../parts/Table";
import { ItemLink } from "../ItemLink";
import { outliersOf } from "./questions";
import { RowsBehind } from "./RowsBehind";
import { TypedFilter } from "./TypedFilter";
import { CAUSES, causeName } from "./words";

type Outlier = Schemas["Outlier"];
const route = getRouteApi("/data");
const LOOK = "rounded-md border border-line bg-surface px-2 py-1.5";

const COLUMNS: Column<Outlier>[] = [
  { name: "item", title: "Item", cell: (one) => <ItemLink hierarchy="" level="series" node={one.series_id} /> },
  { name: "bucket", title: "Bucket", cell: (one) => <span className="whitespace-nowrap">{bucket(one.bucket_start)}</span> },
  { name: "sold", title: "Sold (units)", numeric: true, cell: (one) => units(one.sold) },
  { name: "capped", title: "Models see (units)", numeric: true, cell: (one) => units(one.capped) },
  { name: "money", title: "At stake (money)", numeric: true, cell: (one) => money(one.money) },
  { name: "among", title: "Judged among", cell: (one) => (one.promoted ? "promoted buckets" : "ordinary buckets") },
  { name: "cause", title: "Likely cause", cell: (one) => <Causes of={one.causes} /> },
  { name: "rows", title: "File rows", cell: (one) => <Rows outlier={one} /> },
];

/** Buckets that sold so much that the models see less of them, by the money at stake. */
export function Outliers() {
  const { series, cause, promoted, order, cursor, of, at } = route.useSearch();
  const found = useQuery(outliersOf({ series, cause, promoted, order, cursor }));
  return (
    <>
      {of !== undefined && at !== undefined && <RowsBehind series={of} start={at} />}
      <Card title="Outliers" aside={<Filters causes={found.data?.causes} />}>
        <Asked of={found} lines={12}>
          {(page) => <Listed page={page} stale={found.isPlaceholderData} />}
        </Asked>
      </Card>
    </>
  );
}

function Listed({ page, stale }: { page: Schemas["Outliers"]; stale: boolean }) {
  const { series, cause, promoted, cursor } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  if (page.items.length === 0) {
    const filtered = series !== undefined || cause !== undefined || promoted !== undefined;
    return (
      <Notice title={filtered ? "No outlier fits" : "No outliers"}>
        {filtered ? (
          <Button className="mt-2" onClick={() => void go({ search: { tab: "outliers" } })}>
            Clear filters
          </Button>
        ) : (
          "The models see all that was sold in the history of this cycle, of what you see."
        )}
      </Notice>
    );
  }
  return (
    <div aria-busy={stale} className={stale ? "opacity-60" : ""}>
      <p className="mb-2">
        {count(page.total)} in the history of the cycle of {bucket(page.cycle)}: {units(page.excess)} units above what the models see
        {page.money !== null && `, ${money(page.money)} in money at the last prices`}.
        {page.causes === null && (
          <span className="text-soft">
            {" "}
            Causes were not looked for yet; <code>dp materialize explain {page.cycle}</code> does that.
          </span>
        )}
      </p>
      <Table caption="Outliers" columns={COLUMNS} rows={page.items} keyOf={(one) => `${one.series_id} ${one.bucket_start}`} />
      <Pages next={page.next} later={cursor !== undefined}>
        {count(page.items.length)} of {count(page.total)} outliers
      </Pages>
    </div>
  );
}

function Causes({ of: causes }: { of: Outlier["causes"] }) {
  if (causes === null) return <span className="text-soft">not looked for</span>;
  return (
    <>
      {causes.map(({ cause, evidence }) => (
        <span key={cause + evidence} className="block">
          <span className="font-medium">{causeName(cause)}</span>: <span className="[overflow-wrap:anywhere]">{evidence}</span>
        </span>
      ))}
    </>
  );
}

function Rows({ outlier: { series_id, bucket_start } }: { outlier: Outlier }) {
  return (
    <Link
      to="/data"
      search={(now) => ({ ...now, of: series_id, at: bucket_start })}
      className="text-accent underline underline-offset-2"
    >
      Show
      <span className="sr-only">
        {" "}
        file rows of {series_id}, {bucket(bucket_start)}
      </span>
    </Link>
  );
}

function Filters({ causes }: { causes?: Schemas["Outliers"]["causes"] }) {
  const { series, cause, promoted, order } = route.useSearch();
  const go = useNavigate({ from: "/data" });
  const put = (next: { cause?: string; promoted?: boolean; order?: "newest" }) => void go({ search: (now) => ({ ...now, ...next, cursor: undefined }) });
  const filtered = series !== undefined || cause !== undefined || promoted !== undefined;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <select
        aria-label="Likely cause"
        value={cause ?? ""}
        disabled={!causes && cause === undefined}
        onChange={(event) => put({ cause: event.target.value || undefined })}
        className={LOOK}
      >
        <option value="">any cause</option>
        {Object.keys(CAUSES).map((name) => (
          <option key={name} value={name}>
            {causeName(name)}
            {causes?.[name] !== undefined && ` (${count(causes[name])})`}
          </option>
        ))}
      </select>
      <select
        aria-label="Buckets"
        value={promoted === undefined ? "" : String(promoted)}
        onChange={(event) => put({ promoted: event.target.value === "" ? undefined : event.target.value === "true" })}
        className={LOOK}
      >
        <option value="">all buckets</option>
        <option value="false">ordinary buckets</option>
        <option value="true">promoted buckets</option>
      </select>
      <select aria-label="Order" value={order ?? ""} onChange={(event) => put({ order: event.target.value === "newest" ? "newest" : undefined })} className={LOOK}>
        <option value="">by money</option>
        <option value="newest">newest first</option>
      </select>
      <TypedFilter name="series" value={series} title="Part of the item" />
      {filtered && <Button onClick={() => void go({ search: { tab: "outliers" } })}>Clear filters</Button>}
    </span>
  );
}
