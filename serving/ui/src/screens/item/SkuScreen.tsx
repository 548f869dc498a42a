import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card, Heading } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { useMay } from "../../session/useAsking";
import { NodeLink } from "../ItemLink";
import { pathOf } from "../links";
import { channelsOf, earlierOfSku, forecastOfSku, hierarchies, historyOfSku, seriesOfSku } from "../questions";
import { AccuracyCard } from "./AccuracyCard";
import { ChartCard } from "./ChartCard";
import { EditCard } from "./editing/EditCard";
import { useEditing } from "./editing/useEditing";
import { usePrevious } from "./usePrevious";
import { WhereFrom } from "./WhereFrom";
import { WhyItChanged, WhyThisNumber } from "./Why";

type Series = Schemas["SeriesForecast"];
const route = getRouteApi("/skus/$sku");

/** Everything about a SKU: of its series, the one that the address names. */
export function SkuScreen() {
  const { sku } = route.useParams();
  const { series } = route.useSearch();
  const found = useQuery(forecastOfSku(sku));
  return (
    <Asked of={found} lines={14}>
      {(forecast) => {
        const chosen = forecast.series.find((one) => one.series_id === series) ?? forecast.series[0];
        if (!chosen) return null;
        // The choice stays where another series is chosen, so that it keeps the keyboard.
        return (
          <>
            <Heading title={sku}>forecast of the cycle {bucket(forecast.cycle)}</Heading>
            <Choice sku={sku} all={forecast.series} chosen={chosen} />
            <Attributes sku={sku} series={chosen.series_id} />
            <OneSeries key={chosen.series_id} sku={sku} cycle={forecast.cycle} chosen={chosen} />
          </>
        );
      }}
    </Asked>
  );
}

function OneSeries({ sku, cycle, chosen }: { sku: string; cycle: string; chosen: Series }) {
  const { trace, rows } = route.useSearch();
  const navigate = route.useNavigate();
  const editing = useEditing(useQuery(hierarchies).data?.hierarchies[0]?.name ?? "", chosen.series_id);
  const history = useQuery({
    ...historyOfSku(sku),
    select: (data) => data.series.find((one) => one.series_id === chosen.series_id)?.buckets ?? [],
  });
  const told = useQuery(channelsOf(chosen.series_id)).data;
  const before = useQuery({
    ...earlierOfSku(sku, usePrevious(cycle)),
    select: (data) => data.series.find((one) => one.series_id === chosen.series_id)?.leads,
  }).data;
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
      <div className="xl:col-span-2">
        <ChartCard name={chosen.series_id} history={history} ahead={chosen.leads} before={before} told={told} editing={editing} />
      </div>
      <div className="xl:col-span-2">
        <EditCard editing={editing} isSeries />
      </div>
      <div className="xl:col-span-2">
        <Leads series={chosen} />
      </div>
      <WhyThisNumber series={chosen.series_id} />
      <WhyItChanged series={chosen.series_id} />
      <div className="xl:col-span-2">
        <WhereFrom
          series={chosen.series_id}
          starts={chosen.leads.map((lead) => lead.bucket_start)}
          traced={trace ?? ""}
          rowsOf={rows}
          ask={(traced, rowsOf) =>
            void navigate({ search: (now) => ({ ...now, trace: traced, rows: rowsOf }), resetScroll: false, replace: traced === trace })
          }
        />
      </div>
      <ScoresAbove sku={sku} series={chosen.series_id} />
    </div>
  );
}

/** The other series of the SKU, where it has several. */
function Choice({ sku, all, chosen }: { sku: string; all: Series[]; chosen: Series }) {
  if (all.length < 2) return null;
  return (
    <nav aria-label="Series of this SKU" className="mb-4 flex flex-wrap gap-2">
      {all.map((one) => (
        <Link
          key={one.series_id}
          to="/skus/$sku"
          params={{ sku }}
          search={{ series: one.series_id }}
          aria-current={one === chosen ? "true" : undefined}
          className="rounded-full border border-line bg-surface px-3 py-1 aria-[current=true]:border-accent aria-[current=true]:font-semibold aria-[current=true]:text-accent"
        >
          {one.series_id}
        </Link>
      ))}
    </nav>
  );
}

function shown(value: string | string[] | null | undefined): string {
  return Array.isArray(value) ? value.join(", ") : (value ?? "not known");
}

function Attributes({ sku, series }: { sku: string; series: string }) {
  const found = useQuery(seriesOfSku(sku));
  const mayPlan = useMay("plan");
  const known = found.data?.series.find((one) => one.series_id === series)?.attributes;
  if (!known) return null;
  return (
    <dl aria-label="Attributes" className="mb-4 flex flex-wrap gap-x-6 gap-y-1">
      {Object.entries(known).map(([name, value]) => (
        <div key={name} className="flex gap-2">
          <dt className="text-soft">{name}</dt>
          <dd className="font-medium">{shown(value)}</dd>
        </div>
      ))}
      {mayPlan && (
        <div>
          <dt className="sr-only">What is wrong</dt>
          <dd>
            <Link to="/data" search={{ tab: "conflicts", sku, of: sku }} className="text-accent underline underline-offset-2">
              Correct…
            </Link>
          </dd>
        </div>
      )}
    </dl>
  );
}

/** Scores of the lowest node above a series, where its hierarchy is made of attributes. */
function ScoresAbove({ sku, series }: { sku: string; series: string }) {
  const known = useQuery(seriesOfSku(sku)).data?.series.find((one) => one.series_id === series);
  const first = useQuery(hierarchies).data?.hierarchies[0];
  if (!known || !first) return null;
  const levels = first.levels.map((one) => one.level).filter((level) => level !== "total" && level !== "series");
  const values = levels.map((level) => (level in known.attributes ? known.attributes[level] : known.key[level]));
  if (values.some((value) => value === undefined || Array.isArray(value))) return null;
  const node = pathOf(values.map((value) => (typeof value === "string" ? value : "<UNK>")));
  return (
    <div className="space-y-2 xl:col-span-2">
      <p className="text-soft">
        Belongs to <NodeLink hierarchy={first.name} node={node} />
      </p>
      <AccuracyCard hierarchy={first.name} level={levels.at(-1) ?? "total"} node={node} instead />
    </div>
  );
}

function Leads({ series }: { series: Series }) {
  const { total } = series;
  const widest = Math.max(0, ...(series.leads[0]?.intervals.map((one) => one.level).filter((level) => level <= 80) ?? []));
  const interval = (intervals: Schemas["Interval"][]) => {
    const found = intervals.find((one) => one.level === widest);
    return found ? `${units(found.lower)} to ${units(found.upper)}` : "–";
  };
  const published = series.leads.reduce((sum, lead) => sum + lead.published, 0);
  return (
    <Card title="Forecast by bucket">
      <Table
        caption="Forecast by bucket, in units"
        rows={series.leads}
        keyOf={(lead) => lead.lead}
        columns={[
          { name: "bucket", title: "Bucket", cell: (lead) => bucket(lead.bucket_start) },
          { name: "published", title: "Published (units)", numeric: true, cell: (lead) => <strong>{units(lead.published)}</strong> },
          { name: "mean", title: "Statistical (units)", numeric: true, cell: (lead) => units(lead.mean) },
          { name: "median", title: "Median (units)", numeric: true, cell: (lead) => units(lead.median) },
          { name: "interval", title: `${widest} % interval (units)`, numeric: true, cell: (lead) => interval(lead.intervals) },
          { name: "naive", title: "Naive (units)", numeric: true, cell: (lead) => units(lead.naive) },
          { name: "method", title: "Made by", cell: (lead) => <Maker lead={lead} /> },
        ]}
        foot={
          <tr>
            <th scope="row" className="px-2 py-1.5 text-left">
              Total
            </th>
            <td className="numeric px-2">{units(published)}</td>
            <td className="numeric px-2">{units(total?.mean)}</td>
            <td className="numeric px-2">{units(total?.median)}</td>
            <td className="numeric px-2 whitespace-nowrap">{total ? interval(total.intervals) : "–"}</td>
            <td className="numeric px-2">{units(series.leads.reduce((sum, lead) => sum + lead.naive, 0))}</td>
            <td />
          </tr>
        }
      />
    </Card>
  );
}

function Maker({ lead }: { lead: Schemas["LeadForecast"] }) {
  if (!lead.override) return <>{lead.method}</>;
  const { user, reason_code, quantity } = lead.override;
  return (
    <>
      ✎ {user}: {units(quantity)} units, {reason_code.replaceAll("_", " ")}
    </>
  );
}
