import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card, Heading } from "../../parts/Card";
import { Lock } from "../../parts/Lock";
import { Table } from "../../parts/Table";
import { ItemLink, NodeLink } from "../ItemLink";
import { namesOf, trail } from "../links";
import { channelsOfNode, earlierOfNode, forecastOfNode, historyOfNode } from "../questions";
import { AccuracyCard } from "./AccuracyCard";
import { ChartCard } from "./ChartCard";
import { EditCard } from "./editing/EditCard";
import { useEditing } from "./editing/useEditing";
import { usePrevious } from "./usePrevious";

type Forecast = Schemas["NodeForecast"];
const route = getRouteApi("/nodes/$hierarchy/$node");
const SHOWN = 200;

/** Everything about a node of a hierarchy. */
export function NodeScreen() {
  const { hierarchy, node } = route.useParams();
  const found = useQuery(forecastOfNode(hierarchy, node));
  return (
    <Asked of={found} lines={14}>
      {(forecast) => <OneNode key={`${forecast.hierarchy} ${forecast.node}`} forecast={forecast} />}
    </Asked>
  );
}

function OneNode({ forecast }: { forecast: Forecast }) {
  const { hierarchy, node, level } = forecast;
  const history = useQuery({ ...historyOfNode(hierarchy, node), select: (data) => data.buckets });
  const before = useQuery({ ...earlierOfNode(hierarchy, node, usePrevious(forecast.cycle)), select: (data) => data.leads }).data;
  const told = useQuery(channelsOfNode(hierarchy, node)).data;
  const editing = useEditing(hierarchy, node);
  const isTotal = level === "total";
  return (
    <>
      <Trail hierarchy={hierarchy} node={node} />
      <Heading title={isTotal ? "Total" : (namesOf(node).at(-1) ?? node)}>
        {level} of {hierarchy}, {count(forecast.series)} series, cycle {bucket(forecast.cycle)}
      </Heading>
      <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
        <div className="xl:col-span-2">
          <ChartCard
            name={namesOf(node).join(" › ")}
            history={history}
            ahead={forecast.leads}
            before={before}
            told={told}
            toldOf={told && told.told > 0 ? sharesOf(told) : undefined}
            meanIs="reconciled"
            editing={editing}
          />
        </div>
        <div className="xl:col-span-2">
          <EditCard editing={editing} isSeries={false} />
        </div>
        <Leads forecast={forecast} />
        <AccuracyCard hierarchy={isTotal ? undefined : hierarchy} level={level} node={node} />
        <div className="xl:col-span-2">
          <Children forecast={forecast} />
        </div>
      </div>
    </>
  );
}

/** What the strips of a node mean. */
function sharesOf({ told, series }: Schemas["ChannelsOfNode"]): string {
  return `Strips show which share of the series is promoted or not observed, of the ${count(told)} of ${count(series)} series that the models are told of; each strip is as high as its largest share.`;
}

function Trail({ hierarchy, node }: { hierarchy: string; node: string }) {
  const above = trail(node).slice(0, -1);
  if (above.length === 0) return null;
  return (
    <nav aria-label="Above this node" className="mb-1 flex flex-wrap gap-2 text-sm">
      {above.map((one) => (
        <span key={one}>
          <NodeLink hierarchy={hierarchy} node={one} />
          <span aria-hidden="true"> /</span>
        </span>
      ))}
    </nav>
  );
}

function Leads({ forecast }: { forecast: Forecast }) {
  const sum = (value: (lead: Schemas["NodeLead"]) => number) => units(forecast.leads.reduce((all, lead) => all + value(lead), 0));
  const interval = (lead: Schemas["NodeLead"]) => {
    const found = lead.intervals.find((one) => one.level === 80) ?? lead.intervals[0];
    return found ? `${units(found.lower)} to ${units(found.upper)} (${found.level} %)` : "–";
  };
  return (
    <Card title="Forecast by bucket">
      <Table
        caption="Forecast by bucket, in units"
        rows={forecast.leads}
        keyOf={(lead) => lead.lead}
        columns={[
          { name: "bucket", title: "Bucket", cell: (lead) => bucket(lead.bucket_start) },
          {
            name: "published",
            title: "Published (units)",
            numeric: true,
            cell: (lead) => (
              <strong>
                {lead.locked && (
                  <>
                    <Lock />
                    {"locked "}
                  </>
                )}
                {units(lead.published)}
              </strong>
            ),
          },
          { name: "mean", title: "Reconciled (units)", numeric: true, cell: (lead) => units(lead.mean) },
          { name: "interval", title: "Interval (units)", numeric: true, cell: interval },
          { name: "base", title: "Own forecast (units)", numeric: true, cell: (lead) => units(lead.base_forecast) },
        ]}
        foot={
          <tr>
            <th scope="row" className="px-2 py-1.5 text-left">
              Total
            </th>
            <td className="numeric px-2">{sum((lead) => lead.published)}</td>
            <td className="numeric px-2">{sum((lead) => lead.mean)}</td>
            <td />
            <td className="numeric px-2">{sum((lead) => lead.base_forecast)}</td>
          </tr>
        }
      />
    </Card>
  );
}

function Children({ forecast }: { forecast: Forecast }) {
  const { child_names: names, child_level, children, hierarchy } = forecast;
  return (
    <Card title={`Below: ${count(children)} of level ${child_level}`}>
      <ul className="columns-1 gap-6 sm:columns-2 lg:columns-3 xl:columns-4">
        {names.slice(0, SHOWN).map((name) => (
          <li key={name} className="py-0.5">
            {child_level === "series" ? (
              <ItemLink hierarchy={hierarchy} level="series" node={name} />
            ) : (
              <NodeLink hierarchy={hierarchy} node={name} />
            )}
          </li>
        ))}
      </ul>
      {children > SHOWN && <p className="mt-2 text-soft">The first {count(SHOWN)} are shown; the explorer has all of them.</p>}
    </Card>
  );
}
