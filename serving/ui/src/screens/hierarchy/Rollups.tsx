import { Link, getRouteApi } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { change, count, NOTHING, share, signedShare, units } from "../../format/numbers";
import { useWalking } from "../../layout/walking";
import { Lock } from "../../parts/Lock";
import { Notice } from "../../parts/Notice";
import { Table, type Column } from "../../parts/Table";
import { ItemLink } from "../ItemLink";
import { namesOf } from "../links";
import { whyOf } from "../plannersNumbers";
import type { Rollups as Found } from "./questions";
import { effectsOf, moreOf, ordered, ORDERS, rowOf, type PlannersNumber, type Row } from "./rows";

const route = getRouteApi("/hierarchy");
const SHOWN = 200;
const LEAST = 5e-4;
type Preview = Schemas["Preview"];

/** A node and what is below it in one table; with a draft at the top, its split below. */
export function Rollups({ top, found, hierarchy, set, effect }: { top: Row; found: Found; hierarchy: string; set: Map<string, PlannersNumber>; effect?: Preview }) {
  const { by = "units" } = route.useSearch();
  const list = useRef<HTMLDivElement>(null);
  useWalking(list);
  const rows = useMemo(() => ordered(found.nodes.map(rowOf), by), [found.nodes, by]);
  const columns: Column<Row>[] = [
    { name: "node", title: "Node", cell: (row) => <Name row={row} top={top} hierarchy={hierarchy} /> },
    ...(effect ? draftColumns(effect, hierarchy, top) : []),
    { name: "total", title: "All buckets (units)", numeric: true, cell: (row) => <Both published={row.total} forecast={row.forecastTotal} /> },
    { name: "more", title: "Published against forecast", numeric: true, cell: (row) => <More row={row} /> },
    ...found.leads.map((start, lead): Column<Row> => ({ name: start, title: bucket(start), numeric: true, cell: (row) => <Cell row={row} lead={lead} number={set.get(`${row.node} ${start}`)} /> })),
  ];
  if (rows.length === 0) return <Notice title="Nothing below">There is nothing below this node that you may see.</Notice>;
  return (
    <div ref={list}>
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-3 text-sm text-soft">
        <p>
          Units: what is published, and below it the reconciled forecast, in which locks count already. j and k walk, Enter goes down.{" "}
          {effect && <strong className="text-ink">The first columns show your draft: nothing is saved yet.</strong>}
        </p>
        <Orders by={by} />
      </div>
      <Table sticky caption="Roll-ups, in units" rows={[top, ...rows.slice(0, SHOWN)]} keyOf={(row) => (row === top ? "top" : `${row.level} ${row.node}`)} columns={columns} />
      {rows.length > SHOWN && (
        <p className="mt-2 text-soft">
          The first {count(SHOWN)} of {count(found.total)}
          {found.total > found.nodes.length && `, of which ${count(found.nodes.length)} were looked at`}; the explorer has all series.
        </p>
      )}
    </div>
  );
}

function Orders({ by }: { by: string }) {
  const titles: Record<string, string> = { units: "by units", name: "by name", change: "by what planners changed" };
  return (
    <span className="flex flex-wrap gap-3">
      {Object.keys(ORDERS).map((order) => (
        <Link
          key={order}
          to="/hierarchy"
          search={(now) => ({ ...now, by: order === "units" ? undefined : order })}
          resetScroll={false}
          activeOptions={{ exact: true }}
          aria-current={order === by ? "true" : undefined}
          className="underline-offset-4 aria-[current]:font-semibold aria-[current]:text-accent aria-[current]:underline"
        >
          {titles[order]}
        </Link>
      ))}
    </span>
  );
}

function Name({ row, top, hierarchy }: { row: Row; top: Row; hierarchy: string }) {
  const name = namesOf(row.node).at(-1) ?? row.node;
  const many = <span className="text-sm text-soft"> {count(row.series)} series</span>;
  if (row === top)
    return (
      <>
        <strong>{row.level === "total" ? "Total" : name}</strong>
        {many}
      </>
    );
  if (row.level === "series") return <ItemLink hierarchy={hierarchy} level="series" node={row.node} />;
  return (
    <>
      <Link
        to="/hierarchy"
        search={(now) => ({ hierarchy, node: row.node, by: now.by })}
        className="font-medium text-accent underline-offset-2 hover:underline"
        title={namesOf(row.node).join(" › ")}
      >
        {top.level === "total" && namesOf(row.node).length > 1 ? namesOf(row.node).join(" › ") : name}
      </Link>
      {many}
    </>
  );
}

function Both({ published, forecast }: { published?: number; forecast?: number }) {
  return (
    <>
      <strong>{units(published)}</strong>
      <span className="block text-sm text-soft">{units(forecast)}</span>
    </>
  );
}

/** How far planners moved a row; the arrow says the same as the sign. */
function More({ row }: { row: Row }) {
  const more = moreOf(row);
  if (more === null || Math.abs(more) < LEAST) return <span className="text-soft">as forecast</span>;
  return (
    <>
      {more > 0 ? "▲ " : "▼ "}
      {signedShare(more)}
    </>
  );
}

function Cell({ row, lead, number }: { row: Row; lead: number; number?: PlannersNumber }) {
  return (
    <>
      <Both published={row.published[lead]} forecast={row.forecast[lead]} />
      {number ? (
        <span className="ml-auto block min-w-28 max-w-36 text-sm whitespace-normal" title={whyOf(number)}>
          {number.lock ? <Lock /> : "✎ "}
          {number.lock ? "locked" : "set"} by {number.user}
          {Math.abs(number.quantity - (row.published[lead] ?? 0)) > Math.max(0.05, number.quantity * LEAST) && `: ${units(number.quantity)}, not published yet`}
        </span>
      ) : (
        row.locked[lead] && (
          <span className="block text-sm">
            <Lock />
            locked
          </span>
        )
      )}
    </>
  );
}

/** What the draft at the top does to each row, over the buckets that it changes. */
function draftColumns(effect: Preview, hierarchy: string, top: Row): Column<Row>[] {
  const found = effectsOf(effect.effect, hierarchy);
  const of = (row: Row) => found.get(`${row.level} ${row.node}`);
  const whole = of(top)?.difference ?? 0;
  return [
    {
      name: "draft",
      title: "Your draft (units)",
      numeric: true,
      cell: (row) => {
        const one = of(row);
        if (!one) return <span className="text-soft">{unmoved(row, effect)}</span>;
        return (
          <>
            {units(one.before)} → <strong>{units(one.after)}</strong>
          </>
        );
      },
    },
    {
      name: "draft change",
      title: "Change",
      numeric: true,
      cell: (row) => {
        const one = of(row);
        if (!one) return NOTHING;
        return `${change(one.difference)}${one.before > 0 ? ` (${signedShare(one.difference / one.before)})` : ""}`;
      },
    },
    {
      name: "draft share",
      title: "Of the change",
      numeric: true,
      cell: (row) => {
        const one = of(row);
        return one && whole !== 0 ? <Part part={one.difference / whole} /> : NOTHING;
      },
    },
  ];
}

/** Why a draft shows no change of a row: of many series, only those are told that change most. */
function unmoved(row: Row, effect: Preview): string {
  if (row.level === "series" && effect.series > effect.effect.filter((one) => one.level === "series").length) return NOTHING;
  return row.locked.some(Boolean) ? "stays, locked" : "stays";
}

/** A part of the whole change, as a bar beside its number. */
function Part({ part }: { part: number }) {
  const width = Math.min(1, Math.abs(part)) * 40;
  return (
    <span className="inline-flex items-center justify-end gap-2">
      <svg aria-hidden="true" width="40" height="8">
        <rect x={40 - width} width={width} height="8" className={part < 0 ? "fill-bad" : "fill-accent"} />
      </svg>
      {share(part)}
    </span>
  );
}
