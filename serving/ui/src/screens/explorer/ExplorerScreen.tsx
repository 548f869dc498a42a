import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { bucket } from "../../format/dates";
import { count } from "../../format/numbers";
import { Heading } from "../../parts/Card";
import { Button, Failure, Notice, Skeleton } from "../../parts/Notice";
import { Export } from "./Export";
import { choices, conditions, matching } from "./filters";
import { SeriesTable } from "./SeriesTable";
import { Tree } from "./Tree";
import { useAllSeries } from "./useAllSeries";

const route = getRouteApi("/explorer");
const NO_CONDITIONS: string[] = [];

/** Everything that is forecast: searched, filtered, sorted, exported. */
export function ExplorerScreen() {
  const { q = "", method, where = NO_CONDITIONS } = route.useSearch();
  const go = useNavigate({ from: "/explorer" });
  const { all, loaded, total, cycle, complete, found } = useAllSeries();
  const asked = useDeferredValue(q);
  const series = useMemo(() => matching(all, asked, method, where), [all, asked, method, where]);
  const attributes = useMemo(() => Object.keys(all[0]?.series.attributes ?? {}), [all]);
  const put = (next: { method?: string; where?: string[] }) => void go({ search: (now) => ({ ...now, ...next }) });
  return (
    <>
      <Heading title="Explorer">
        {complete ? `${count(total)} series` : `${count(loaded)} of ${count(total)} series loaded`}
        {cycle && `, cycle of ${bucket(cycle)}`}
      </Heading>
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-[18rem_1fr]">
        <Tree choose={(next) => put({ where: next })} />
        <div className="min-w-0">
          <div className="mb-3 flex flex-wrap items-end gap-3">
            <Search q={q} />
            <Filters all={all} method={method} where={where} put={put} />
            <Export method={method} where={where} cycle={cycle} />
          </div>
          <p role="status" className="mb-2 text-soft">
            {count(series.length)} {series.length === 1 ? "item" : "items"}
            {!complete && " so far"}
            {where.length > 0 && <> where {where.map((one) => one.replace(":", " is ")).join(", ")}</>}
          </p>
          {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
          {found.isPending ? (
            <Skeleton lines={16} />
          ) : series.length === 0 && complete ? (
            <Notice title="Nothing fits">
              <p>No series has all these words and values.</p>
              <Button className="mt-3" onClick={() => void go({ search: {} })}>
                Clear search and filters
              </Button>
            </Notice>
          ) : (
            <SeriesTable series={series} attributes={attributes} />
          )}
        </div>
      </div>
    </>
  );
}

/** The words that are searched; they stand in the address, each letter at once. */
function Search({ q }: { q: string }) {
  const go = useNavigate({ from: "/explorer" });
  const [words, setWords] = useState(q);
  useEffect(() => setWords(q), [q]);
  return (
    <label className="block">
      <span className="mb-1 block text-sm text-soft">Search</span>
      <input
        type="search"
        value={words}
        autoComplete="off"
        onChange={(event) => {
          const next = event.target.value;
          setWords(next);
          void go({ search: (now) => ({ ...now, q: next || undefined }), replace: true });
        }}
        className="w-64 rounded-md border border-line bg-surface px-3 py-1.5"
      />
    </label>
  );
}

interface FilterProps {
  all: Parameters<typeof choices>[0];
  method?: string;
  where: string[];
  put: (next: { method?: string; where?: string[] }) => void;
}

function Filters({ all, method, where, put }: FilterProps) {
  const lists = useMemo(() => choices(all), [all]);
  const methods = useMemo(() => [...new Set(all.map(({ series }) => series.method))].sort(), [all]);
  const chosen = conditions(where);
  const set = (name: string, value: string) => {
    const others = where.filter((one) => !one.startsWith(`${name}:`));
    const next = value ? [...others, `${name}:${value}`] : others;
    put({ where: next.length ? next : undefined });
  };
  return (
    <>
      {lists.map(([name, values]) => (
        <Choice key={name} name={name} values={values} chosen={chosen.get(name)?.[0]} choose={(value) => set(name, value)} />
      ))}
      <Choice name="method" values={methods} chosen={method} choose={(value) => put({ method: value || undefined })} />
      {(where.length > 0 || method) && <Button onClick={() => put({ where: undefined, method: undefined })}>Clear filters</Button>}
    </>
  );
}

function Choice({ name, values, chosen, choose }: { name: string; values: string[]; chosen?: string; choose: (value: string) => void }) {
  return (
    <label className="block">
      <span className="mb-1 block text-sm text-soft">{name}</span>
      <select
        value={chosen ?? ""}
        onChange={(event) => choose(event.target.value)}
        className="w-40 rounded-md border border-line bg-surface px-2 py-1.5"
      >
        <option value="">any</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {value === "<UNK>" ? "not known" : value}
          </option>
        ))}
      </select>
    </label>
  );
}
