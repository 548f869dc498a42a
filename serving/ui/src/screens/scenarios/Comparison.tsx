import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { bucket } from "../../format/dates";
import { change, count, NOTHING, signedShare, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table, type Column } from "../../parts/Table";
import { namesOf } from "../links";
import { hierarchies } from "../questions";
import { compared, type Bucket, type NodeCompared } from "./compared";
import { comparison, MOST_ROWS, UP_TO_DATE, type Scenario } from "./questions";
import { Whiskers } from "./Whiskers";

const route = getRouteApi("/scenarios");
const SELECT = "rounded-md border border-line bg-surface px-2 py-1";
const BESIDE = 2;
const SHOWN = 50;
const NONE: string[] = [];

/** A scenario, and up to two others, beside what is published, on any level, with intervals. */
export function Comparison({ one, all }: { one: Scenario; all: Scenario[] }) {
  const { with: beside = NONE, hierarchy, node, only } = route.useSearch();
  const { level } = usePlace();
  const others = all.filter((each) => each.name !== one.name && each.state === UP_TO_DATE && each.cycle === one.cycle);
  const chosen = beside.filter((name) => others.some((each) => each.name === name)).slice(0, BESIDE);
  const found = useQuery({ ...comparison(one.name, chosen, { hierarchy, level: level ?? "total" }), enabled: level !== undefined });
  return (
    <Card title="Beside what is published" aside={<Places />}>
      <With others={others} chosen={chosen} />
      <Only />
      <Asked of={found} lines={10}>
        {(data) => (
          <div aria-busy={found.isPlaceholderData} className={found.isPlaceholderData ? "opacity-60" : ""}>
            <Nodes names={data.names} rows={data.rows} total={data.total} node={node} only={only !== undefined} />
          </div>
        )}
      </Asked>
    </Card>
  );
}

/** Hierarchies, and the level that the address names, else the highest on which whoever asks sees a node. */
function usePlace() {
  const { hierarchy, level } = route.useSearch();
  const asked = useQuery(hierarchies);
  const known = asked.data?.hierarchies ?? [];
  const here = known.find((each) => each.name === hierarchy) ?? known[0];
  const levels = here?.levels.filter((each) => each.nodes > 0).map((each) => each.level) ?? [];
  return { known, here, levels, level: level ?? (asked.isPending ? undefined : (levels[0] ?? "total")) };
}

/** On which level of which hierarchy. */
function Places() {
  const go = useNavigate({ from: "/scenarios" });
  const { known, here, levels, level } = usePlace();
  return (
    <span className="flex flex-wrap gap-3">
      {known.length > 1 && (
        <select aria-label="Hierarchy" value={here?.name} onChange={(event) => void go({ search: (now) => ({ ...now, hierarchy: event.target.value, level: undefined, node: undefined }) })} className={SELECT}>
          {known.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <select aria-label="Level" value={level} onChange={(event) => void go({ search: (now) => ({ ...now, level: event.target.value, node: undefined }) })} className={SELECT}>
        {levels.map((name) => (
          <option key={name} value={name}>
            {name.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Other scenarios to lay beside it. */
function With({ others, chosen }: { others: Scenario[]; chosen: string[] }) {
  const go = useNavigate({ from: "/scenarios" });
  if (others.length === 0) return <p className="mb-3 text-soft">Another scenario that is computed over the same cycle can be laid beside it.</p>;
  const put = (name: string, on: boolean) => {
    const next = on ? [...chosen, name] : chosen.filter((each) => each !== name);
    void go({ search: (now) => ({ ...now, with: next.length ? next : undefined }) });
  };
  return (
    <fieldset className="mb-3 flex flex-wrap gap-x-5 gap-y-1">
      <legend className="mb-1 text-sm font-medium">Beside it (two at most)</legend>
      {others.map(({ name }) => (
        <label key={name} className="inline-flex items-center gap-1.5">
          <input type="checkbox" checked={chosen.includes(name)} disabled={!chosen.includes(name) && chosen.length >= BESIDE} onChange={(event) => put(name, event.target.checked)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}

/** Whether buckets are left out in which nothing differs. */
function Only() {
  const { only } = route.useSearch();
  const go = useNavigate({ from: "/scenarios" });
  const put = (on: boolean) => void go({ search: (now) => ({ ...now, only: on ? "differing" : undefined }), resetScroll: false, replace: true });
  return (
    <label className="mb-3 inline-flex items-center gap-1.5">
      <input type="checkbox" checked={only !== undefined} onChange={(event) => put(event.target.checked)} />
      Only buckets that differ
    </label>
  );
}

interface NodesProps {
  names: string[];
  rows: Parameters<typeof compared>[1];
  total: number;
  node?: string;
  only: boolean;
}

function Nodes({ names, rows, total, node, only }: NodesProps) {
  const found = useMemo(() => compared(names, rows, only), [names, rows, only]);
  const shown = found.find((each) => each.node === node) ?? found[0];
  if (!shown) return <Notice title="Nothing differs here">No number of this level is another one than what is published.</Notice>;
  return (
    <div className="space-y-4">
      <OneNode names={names} shown={shown} only={only} />
      {found.length > 1 && (
        <>
          <h3 className="font-semibold">All that change, the biggest difference first</h3>
          <Table caption={`Units of nodes over ${only ? "the buckets that differ" : "all buckets"}`} rows={found.slice(0, SHOWN)} keyOf={(each) => each.node} columns={sums(names, shown.node)} />
          {(found.length > SHOWN || total > MOST_ROWS) && (
            <p className="text-soft">
              The {count(Math.min(SHOWN, found.length))} that change most{total > MOST_ROWS ? "" : ` of ${count(found.length)}`}.
            </p>
          )}
        </>
      )}
    </div>
  );
}

function sums(names: string[], shown: string): Column<NodeCompared>[] {
  const [base = "base", ...others] = names;
  const more = (each: NodeCompared, name: string) => (each.sums[name] ?? 0) - (each.sums[base] ?? 0);
  const part = (each: NodeCompared, name: string) => ((each.sums[base] ?? 0) > 0 ? ` (${signedShare(more(each, name) / (each.sums[base] ?? 1))})` : "");
  return [
    { name: "node", title: "Node", cell: (each) => <Name node={each.node} shown={each.node === shown} /> },
    { name: "base", title: "Published (units)", numeric: true, cell: (each) => units(each.sums[base]) },
    ...others.flatMap((name): Column<NodeCompared>[] => [
      { name, title: `${name} (units)`, numeric: true, cell: (each) => <strong>{units(each.sums[name])}</strong> },
      { name: `${name} more`, title: "Difference", numeric: true, cell: (each) => `${change(more(each, name))}${part(each, name)}` },
    ]),
  ];
}

function Name({ node, shown }: { node: string; shown: boolean }) {
  return (
    <Link to="/scenarios" search={(now) => ({ ...now, node })} resetScroll={false} aria-current={shown ? "true" : undefined} className="font-medium text-accent underline-offset-2 hover:underline">
      {shown && <span aria-hidden="true">▸ </span>}
      {namesOf(node).join(" › ")}
    </Link>
  );
}

function OneNode({ names, shown, only }: { names: string[]; shown: NodeCompared; only: boolean }) {
  const title = namesOf(shown.node).join(" › ");
  return (
    <section aria-label={title} className="space-y-3">
      <h3 className="font-semibold">{title}</h3>
      <Whiskers names={names} buckets={shown.buckets} title={title} />
      <Table
        caption={`${title} by bucket, with intervals`}
        rows={shown.buckets}
        keyOf={(each) => each.start}
        columns={[
          { name: "bucket", title: "Bucket", cell: (each) => <Start of={each} /> },
          ...names.flatMap((name, place): Column<Bucket>[] => [
            { name, title: `${place === 0 ? "Published" : name} (units)`, numeric: true, cell: (each) => <strong>{units(each.of[name]?.mean)}</strong> },
            { name: `${name} interval`, title: "Interval", numeric: true, cell: (each) => interval(each, name) },
          ]),
        ]}
      />
      <p className="text-sm text-soft">
        {only ? "Only buckets in which one of them differs." : "Every bucket that is forecast; ≠ stands where one of them differs."} Intervals hold 80 % of what may come, or what the
        configuration has instead.
      </p>
    </section>
  );
}

function Start({ of: { start, differs } }: { of: Bucket }) {
  return (
    <>
      {differs && (
        <>
          <span aria-hidden="true">≠ </span>
          <span className="sr-only">differs: </span>
        </>
      )}
      {bucket(start)}
    </>
  );
}

function interval({ of }: Bucket, name: string): string {
  const found = of[name];
  return found ? `${units(found.lower)} to ${units(found.upper)}` : NOTHING;
}
