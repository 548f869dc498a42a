import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { bucket } from "../../format/dates";
import { count } from "../../format/numbers";
import { Heading } from "../../parts/Card";
import { Button, Failure, Notice, Skeleton } from "../../parts/Notice";
import { BulkEdit, many } from "./BulkEdit";
import { toggled } from "./choosing";
import { Export } from "./Export";
import { choices, conditions, matching } from "./filters";
import type { ExplorerSearch } from "./search";
import { SeriesTable } from "./SeriesTable";
import { Tree } from "./Tree";
import { useAllSeries } from "./useAllSeries";
import { useChosen } from "./useChosen";
import { Views } from "./Views";

const route = getRouteApi("/explorer");
const NONE: string[] = [];

/** Everything that is forecast: searched, filtered, sorted, chosen and changed, exported. */
export function ExplorerScreen() {
  const search = route.useSearch();
  const { q = "", method, where = NONE, hide = NONE, sort } = search;
  const go = useNavigate({ from: "/explorer" });
  const { all, loaded, total, cycle, complete, found } = useAllSeries();
  const asked = useDeferredValue(q);
  const series = useMemo(() => matching(all, asked, method, where), [all, asked, method, where]);
  const attributes = useMemo(() => Object.keys(all[0]?.series.attributes ?? {}), [all]);
  const put = (next: ExplorerSearch) => void go({ search: (now) => ({ ...now, ...next }) });
  const choice = useChosen(all);
  const failed = found.error !== null && all.length === 0;
  return (
    <>
      <Heading title="Explorer">
        {failed ? "" : complete ? `${count(total)} series` : `${count(loaded)} of ${count(total)} series loaded`}
        {cycle && `, cycle of ${bucket(cycle)}`}
      </Heading>
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-[18rem_1fr]">
        <Tree choose={(next) => put({ where: next })} />
        <div className="min-w-0">
          <Views search={search} />
          <div className="mb-3 flex flex-wrap items-end gap-3">
            <Search q={q} />
            <Filters all={all} method={method} where={where} put={put} />
            <Export method={method} where={where} cycle={cycle} />
          </div>
          <p role="status" className="mb-2 text-soft">
            {!failed && `${count(series.length)} ${series.length === 1 ? "item" : "items"}${complete ? "" : " so far"}`}
            {where.length > 0 && <> where {where.map((one) => one.replace(":", " is ")).join(", ")}</>}
          </p>
          {choice.mayPlan && complete && !failed && <Choice choice={choice} series={series} conditions={!q && !method && where.length > 0 ? where : undefined} />}
          {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
          {failed ? null : found.isPending ? (
            <Skeleton lines={16} />
          ) : series.length === 0 && complete ? (
            <Notice title="Nothing fits">
              <p>No series has all these words and values.</p>
              <Button className="mt-3" onClick={() => void go({ search: {} })}>
                Clear search and filters
              </Button>
            </Notice>
          ) : (
            <SeriesTable
              series={series}
              attributes={attributes}
              hide={hide}
              sort={sort}
              put={put}
              chosen={choice.mayPlan && complete ? choice.chosen : null}
              choose={choice.choose}
            />
          )}
        </div>
      </div>
    </>
  );
}

interface ChoiceProps {
  choice: ReturnType<typeof useChosen>;
  series: { series_id: string }[];
  conditions?: string[];
}

/** How many rows are chosen, and what can be done with them. */
function Choice({ choice: { chosen, choose, open, show }, series, conditions }: ChoiceProps) {
  const here = series.filter((one) => chosen.has(one.series_id)).length;
  const exactly = here === series.length && here === chosen.size;
  const ids = useMemo(() => [...chosen], [chosen]);
  return (
    <>
      <div role="group" aria-label="Chosen series" className="mb-2 flex flex-wrap items-center gap-3">
        <p role="status">
          {chosen.size === 0 ? (
            <span className="text-soft">Tick rows to change them together; with Shift, a range.</span>
          ) : (
            <>
              <strong>{many(chosen.size)}</strong> chosen{here < chosen.size && `, ${count(chosen.size - here)} of them not shown by the filters`}
            </>
          )}
        </p>
        {here < series.length && <Button onClick={() => choose(toggled(chosen, series.map((one) => one.series_id), true))}>Choose all {count(series.length)}</Button>}
        {chosen.size > 0 && <Button onClick={() => choose(new Set())}>Choose none</Button>}
        {chosen.size > 0 && !open && (
          <Button main onClick={() => show(true)}>
            Change their numbers…
          </Button>
        )}
      </div>
      {open && <BulkEdit chosen={{ series: ids, conditions: exactly ? conditions : undefined }} close={() => show(false)} />}
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
  put: (next: ExplorerSearch) => void;
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
        <Values key={name} name={name} values={values} chosen={chosen.get(name)?.[0]} choose={(value) => set(name, value)} />
      ))}
      <Values name="method" values={methods} chosen={method} choose={(value) => put({ method: value || undefined })} />
      {(where.length > 0 || method) && <Button onClick={() => put({ where: undefined, method: undefined })}>Clear filters</Button>}
    </>
  );
}

function Values({ name, values, chosen, choose }: { name: string; values: string[]; chosen?: string; choose: (value: string) => void }) {
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
