import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Schemas } from "../../api/client";
import { bucket, day, instant } from "../../format/dates";
import { NOTHING, count, share, signedShare, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card, Part } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { classesOf } from "../accuracy/standings";
import { cardOf } from "../questions";
import { ageOf, champions, findingsOf } from "./findings";
import { scoreOf, type Card as CycleCardData } from "./questions";

const route = getRouteApi("/operations");
type Standing = Schemas["Standing"];

/** What a cycle is made of: what stands out, its model and how that was judged, intervals, planners, tables and runs. */
export function CycleCard({ cycle, dagster }: { cycle: string; dagster: string | null }) {
  const found = useQuery(cardOf(cycle));
  const place = useRef<HTMLDivElement>(null);
  const isThere = found.data !== undefined || found.error !== null;
  // Whoever opened it reads on here.
  useEffect(() => {
    if (isThere) place.current?.focus();
  }, [isThere]);
  const close = (
    <Link to="/operations" search={(now) => ({ ...now, cycle: undefined, of: undefined })} className="text-accent underline">
      Close
    </Link>
  );
  return (
    <div ref={place} tabIndex={-1} className="scroll-mt-36 outline-none">
      <Card title={`Cycle of ${bucket(cycle)}`} aside={close}>
        <Asked of={found} lines={10}>
          {(card) => (
            <div className="space-y-5">
              <Findings card={card} />
              <Model card={card} />
              {card.leaderboard.length > 0 && <Leaderboard card={card} />}
              {card.intervals.length > 0 && <Intervals intervals={card.intervals} />}
              <Planners card={card} />
              <Tables tables={card.lineage} dagster={dagster} />
            </div>
          )}
        </Asked>
      </Card>
    </div>
  );
}

function Findings({ card }: { card: CycleCardData }) {
  const score = useQuery({ ...scoreOf(card.cycle), enabled: card.scored });
  const found = findingsOf(card, score.data?.scores[0]);
  return (
    <Part title="Alerts and drift">
      {found.length === 0 ? (
        <p>
          <span aria-hidden="true">✓ </span>Nothing stands out.
        </p>
      ) : (
        <ul className="space-y-2">
          {found.map((one) => (
            <li key={one.what} className="border-l-4 border-warn pl-3">
              <span className="font-medium">{one.what}</span> <span className="text-soft">{one.next}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="mt-2 text-soft">
        {score.data?.scores[0] ? `Its error was ${share(score.data.scores[0].metrics.wape)} (WAPE), naive ${share(score.data.scores[0].metrics.naive_wape)}. ` : card.scored ? "" : "It was not scored yet. "}
        Columns of producers that drifted, and gates that held files out, stand with each file under{" "}
        <Link to="/data" className="text-accent underline">
          Data
        </Link>
        .
      </p>
    </Part>
  );
}

function Model({ card }: { card: CycleCardData }) {
  const { model } = card;
  return (
    <Part title="Model">
      {model ? (
        <>
          <p>
            The champion was {ageOf(model.cycle, card.cycle)}
            {model.window && `, on ${count(model.window.buckets)} buckets from ${day(model.window.first)} to ${day(model.window.last)}`}.
          </p>
          <details className="mt-1">
            <summary className="text-accent">Model card</summary>
            <dl className="mt-2 grid grid-cols-1 gap-x-6 gap-y-1 sm:grid-cols-2 xl:grid-cols-3">
              {factsOf(model).map(([name, value]) => (
                <div key={name} className="flex justify-between gap-3 border-b border-line py-1">
                  <dt className="text-soft">{name}</dt>
                  <dd className="font-medium break-all">{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        </>
      ) : (
        <p className="text-soft">{card.forecast ? "No network: statistical methods forecast it." : "It was not forecast."}</p>
      )}
    </Part>
  );
}

function factsOf(model: Schemas["ModelLink"]): [string, string][] {
  const words = (name: string) => name.replaceAll("_", " ");
  const told = (value: number | string | null) => (typeof value === "number" ? units(value) : (value ?? NOTHING));
  const short = (hash: string | null | undefined) => hash?.slice(0, 10) ?? NOTHING;
  return [
    ...Object.entries(model.metrics ?? {}).map(([name, value]): [string, string] => [words(name), told(value)]),
    ...Object.entries(model.hyper ?? {}).map(([name, value]): [string, string] => [words(name), told(value)]),
    ["epochs", count(model.epochs)],
    ["trial", count(model.trial)],
    ["seed", model.seed == null ? NOTHING : String(model.seed)],
    ["code", short(model.revision)],
    ["weights", short(model.weights)],
    ["trees", short(model.boosting)],
    ["trained on", short(model.trained_on)],
  ];
}

const SCORES = [
  { name: "observations", title: "Compared on", numeric: true, cell: (one: Standing) => count(one.observations) },
  { name: "wape", title: "WAPE", numeric: true, cell: (one: Standing) => share(one.wape) },
  { name: "bias", title: "Bias", numeric: true, cell: (one: Standing) => signedShare(one.bias) },
  { name: "wql", title: "Pinball loss ÷ units", numeric: true, cell: (one: Standing) => share(one.wql) },
  { name: "reason", title: "Verdict", cell: (one: Standing) => one.reason },
];

function Leaderboard({ card }: { card: CycleCardData }) {
  const { of = "all" } = route.useSearch();
  const go = useNavigate({ from: "/operations" });
  const classes = classesOf(card.leaderboard);
  return (
    <Part title="Champion and challengers">
      <p className="mb-2 text-soft">How methods did when the model was judged, on weeks that none of them had seen.</p>
      <Table
        caption="Champion of each class of demand"
        rows={champions(card)}
        keyOf={(one) => `${one.demand_class} ${one.method}`}
        columns={[
          { name: "class", title: "Class of demand", cell: (one) => one.demand_class },
          { name: "method", title: "Champion", cell: (one) => <strong>★ {one.method}</strong> },
          ...SCORES,
        ]}
      />
      <div className="mt-3 mb-1">
        <label>
          All methods, for{" "}
          <select
            value={of}
            onChange={(event) => void go({ search: (now) => ({ ...now, of: event.target.value === "all" ? undefined : event.target.value }), resetScroll: false })}
            className="rounded-md border border-line bg-surface px-2 py-1"
          >
            {classes.map((name) => (
              <option key={name} value={name}>
                {name === "all" ? "all demand" : `${name} demand`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Table
        caption={`All methods, ${of}`}
        rows={card.leaderboard.filter((one) => one.demand_class === of)}
        keyOf={(one) => one.method}
        columns={[{ name: "method", title: "Method", cell: (one) => (one.champion ? <strong>★ {one.method}</strong> : one.method) }, ...SCORES]}
      />
    </Part>
  );
}

function Intervals({ intervals }: { intervals: readonly Schemas["IntervalStanding"][] }) {
  return (
    <Part title="Whether intervals keep their promise">
      <Table
        caption="Coverage of intervals in earlier cycles"
        rows={intervals}
        keyOf={(one) => `${one.demand_class} ${one.level}`}
        columns={[
          { name: "class", title: "Class of demand", cell: (one) => one.demand_class },
          { name: "level", title: "Interval", numeric: true, cell: (one) => share(one.level / 100) },
          { name: "inside", title: "Came inside", numeric: true, cell: (one) => share(one.coverage) },
          { name: "allowed", title: "Allowed", numeric: true, cell: (one) => `${share(one.low)} to ${share(one.high)}` },
          { name: "cycles", title: "Cycles", numeric: true, cell: (one) => count(one.cycles) },
          { name: "verdict", title: "Verdict", cell: (one) => <span className={one.verdict === "holds" ? "" : "font-semibold"}>{one.verdict}</span> },
        ]}
      />
    </Part>
  );
}

function Planners({ card }: { card: CycleCardData }) {
  const { planner_inputs: inputs } = card;
  return (
    <Part title="Planners' numbers">
      <p>
        {inputs ? takenIn(inputs.ledger_sequence) : "Not taken in"}
        {card.known_at && `; what came after ${instant(card.known_at)} was not known to it`}.
      </p>
    </Part>
  );
}

function takenIn(row: number): string {
  return row === 0 ? "Taken in; nobody had set one" : `Taken in up to row ${count(row)} of the ledger`;
}

function Tables({ tables, dagster }: { tables: readonly Schemas["TableMade"][]; dagster: string | null }) {
  return (
    <details>
      <summary className="font-semibold">
        {count(tables.length)} tables and artefacts, and the runs that wrote them
      </summary>
      <Table
        caption="Tables and artefacts of the cycle"
        rows={tables}
        keyOf={(one) => one.table}
        columns={[
          { name: "table", title: "Table", cell: (one) => one.table },
          { name: "rows", title: "Rows", numeric: true, cell: (one) => count(one.rows) },
          { name: "bytes", title: "kB", numeric: true, cell: (one) => count(one.bytes / 1000) },
          { name: "hash", title: "Hash", cell: (one) => <code title={one.sha256}>{one.sha256.slice(0, 10)}</code> },
          { name: "run", title: "Run", cell: (one) => <Run made={one.made} dagster={dagster} /> },
          { name: "when", title: "When", cell: (one) => (one.made?.at ? instant(one.made.at) : NOTHING) },
          { name: "why", title: "Why", cell: (one) => (one.made ? [one.made.trigger, one.made.cause].filter(Boolean).join(": ") : NOTHING) },
        ]}
      />
    </details>
  );
}

function Run({ made, dagster }: { made?: Schemas["MadeBy"] | null; dagster: string | null }) {
  if (!made) return NOTHING;
  const name = `${made.job} ${made.run_id.slice(0, 8)}`;
  if (!dagster) return name;
  return (
    <a href={`${dagster}/runs/${made.run_id}`} target="_blank" rel="noreferrer" className="text-accent underline">
      {name}
      <span className="sr-only"> (opens in a new tab)</span>
    </a>
  );
}
