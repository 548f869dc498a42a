import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { answer, api, type Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count, NOTHING, share, signedShare, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card, Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table, type Column } from "../../parts/Table";
import { NodeLink } from "../ItemLink";
import { cycles, hierarchies } from "../questions";
import { Coverage } from "./Coverage";
import { scoredIn } from "./cycles";
import { Leaderboard } from "./Leaderboard";
import { Movers, Sign } from "./Movers";
import { ORDERS, sorted } from "./orders";
import { ValueAdded } from "./ValueAdded";

type Score = Schemas["Score"];
const route = getRouteApi("/accuracy");
/** Levels that are not of a hierarchy. */
const GROUPS = ["total", "demand_class", "method"];

function scores(cycle: string | undefined, level: string | undefined, lead: number) {
  return {
    queryKey: ["accuracy", "level", cycle, level, lead],
    queryFn: () => answer(api.GET("/v1/accuracy", { params: { query: { cycle, level, lead, limit: 1000 } } })),
    enabled: level !== undefined,
    placeholderData: keepPreviousData,
  };
}

/** Scores of everything, lead by lead. */
function totals(cycle: string | undefined) {
  return {
    queryKey: ["accuracy", "totals", cycle],
    queryFn: () => answer(api.GET("/v1/accuracy", { params: { query: { cycle, level: "total", node: "total", limit: 100 } } })),
    placeholderData: keepPreviousData,
  };
}

/** The level right below the total, which says more than one line; the total where there is none. */
function uppermost(found: Schemas["Hierarchies"] | undefined): string {
  const below = found?.hierarchies[0]?.levels[1]?.level;
  return below === undefined || below === "series" ? "total" : below;
}

/** How good the forecasts of a cycle were, level by level and lead by lead; of the newest one scored unless another is chosen. */
export function AccuracyScreen() {
  const { cycle: asked, level: chosen, lead = 0, by = "volume" } = route.useSearch();
  const trees = useQuery(hierarchies);
  const level = chosen ?? (trees.isPending ? undefined : uppermost(trees.data));
  const found = useQuery(scores(asked, level, lead));
  const total = useQuery(totals(asked));
  const scored = scoredIn(useQuery(cycles).data);
  const cycle = asked ?? found.data?.cycle;
  const before = scored.find((one) => cycle !== undefined && one < cycle);
  return (
    <>
      <Heading title="Accuracy">{cycle && <CycleChoice cycle={cycle} scored={scored} />}</Heading>
      <Asked of={total} lines={6}>
        {(data) =>
          data.scores.length > 0 && (
            <div className="mb-4 grid grid-cols-1 gap-4 xl:grid-cols-2">
              <Card title="All items, by lead">
                <Table caption="Scores of all items by lead" rows={data.scores} keyOf={(one) => one.lead} columns={[LEAD, ...METRICS]} />
              </Card>
              <Coverage scores={data.scores} />
            </div>
          )
        }
      </Asked>
      <Card title="By level" aside={<Choices level={level ?? "total"} lead={lead} by={by} />}>
        <Asked of={found} lines={10}>
          {(data) => <Scores page={data} by={by} />}
        </Asked>
      </Card>
      {cycle && level && (
        <div className="mt-4 space-y-4">
          <Movers cycle={cycle} before={before} level={level} lead={lead} groups={GROUPS} />
          <ValueAdded cycle={cycle} lead={lead} level={level} />
          <Leaderboard cycle={cycle} />
        </div>
      )}
    </>
  );
}

const LEAD: Column<Score> = { name: "lead", title: "Lead", cell: (score) => (score.lead === 0 ? "all" : count(score.lead)) };

const METRICS: Column<Score>[] = [
  { name: "wape", title: "WAPE", numeric: true, cell: ({ metrics }) => share(metrics.wape) },
  { name: "naive", title: "Naive WAPE", numeric: true, cell: ({ metrics }) => share(metrics.naive_wape) },
  { name: "gain", title: "Against naive", numeric: true, cell: ({ metrics }) => <Gain metrics={metrics} /> },
  { name: "bias", title: "Bias", numeric: true, cell: ({ metrics }) => signedShare(metrics.bias) },
  { name: "rmsse", title: "RMSSE", numeric: true, cell: ({ metrics }) => units(metrics.rmsse) },
  { name: "inside", title: "Inside 80 %", numeric: true, cell: ({ metrics }) => share(metrics.coverage_80) },
  { name: "sold", title: "Sold (units)", numeric: true, cell: ({ actual }) => units(actual) },
];

/** What the forecast saves of the naive one's error. */
function Gain({ metrics }: { metrics: Score["metrics"] }) {
  const { wape, naive_wape } = metrics;
  if (wape == null || !naive_wape) return <>{NOTHING}</>;
  const change = wape / naive_wape - 1;
  return <Sign bad={change > 0}>{signedShare(change)}</Sign>;
}

function Scores({ page, by }: { page: Schemas["Accuracy"]; by: string }) {
  if (page.scores.length === 0) return <Notice title="Not scored">No scores of this level and lead, or they tell of nodes that you do not see.</Notice>;
  const node: Column<Score> = {
    name: "node",
    title: "Node",
    cell: (score) => (score.hierarchy === "-" && score.level !== "total" ? score.node : <NodeLink hierarchy={score.hierarchy} node={score.node} />),
  };
  const named = GROUPS.includes(page.scores[0]?.level ?? "") ? { ...node, cell: (score: Score) => score.node } : node;
  return (
    <>
      <Table caption="Scores of nodes" rows={sorted(page.scores, by)} keyOf={(one) => `${one.hierarchy} ${one.node}`} columns={[named, ...METRICS]} />
      {page.next && <p className="mt-2 text-soft">The first {count(page.scores.length)} of {count(page.total)} by name are shown.</p>}
    </>
  );
}

function CycleChoice({ cycle, scored }: { cycle: string; scored: string[] }) {
  const go = useNavigate({ from: "/accuracy" });
  return (
    <label className="flex items-center gap-2">
      of the cycle
      <select
        value={cycle}
        onChange={(event) => void go({ search: (now) => ({ ...now, cycle: event.target.value }) })}
        className="rounded-md border border-line bg-surface px-2 py-1 text-ink"
      >
        {[...new Set([cycle, ...scored])].sort().reverse().map((one) => (
          <option key={one} value={one}>
            {bucket(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Choices({ level, lead, by }: { level: string; lead: number; by: string }) {
  const go = useNavigate({ from: "/accuracy" });
  const known = useQuery(hierarchies).data?.hierarchies.flatMap((one) => one.levels.map(({ level: name }) => name)) ?? [];
  const levels = [...new Set([...GROUPS, ...known.filter((name) => name !== "series"), level])];
  const look = "rounded-md border border-line bg-surface px-2 py-1";
  return (
    <span className="flex flex-wrap items-center gap-3">
      <select aria-label="Level" value={level} onChange={(event) => void go({ search: (now) => ({ ...now, level: event.target.value }) })} className={look}>
        {levels.map((name) => (
          <option key={name} value={name}>
            {name.replaceAll("_", " ")}
          </option>
        ))}
      </select>
      <select aria-label="Lead" value={lead} onChange={(event) => void go({ search: (now) => ({ ...now, lead: Number(event.target.value) }) })} className={look}>
        {[...new Set([0, 1, 2, 3, 4, 8, 13, lead])].map((one) => (
          <option key={one} value={one}>
            {one === 0 ? "all leads" : `lead ${one}`}
          </option>
        ))}
      </select>
      {Object.keys(ORDERS).map((order) => (
        <Link
          key={order}
          to="/accuracy"
          search={(now) => ({ ...now, by: order })}
          aria-current={order === by ? "true" : undefined}
          className="text-sm text-soft underline-offset-4 aria-[current=true]:font-semibold aria-[current=true]:text-accent aria-[current=true]:underline"
        >
          by {order}
        </Link>
      ))}
    </span>
  );
}
