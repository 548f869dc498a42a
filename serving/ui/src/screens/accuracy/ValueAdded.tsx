import { useQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { count, share, units, NOTHING } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { NodeLink } from "../ItemLink";
import { hierarchies } from "../questions";
import { Sign } from "./Movers";

type Group = Schemas["GroupAdded"];
type Step = keyof Group["errors"];
const STEPS: [Step, string][] = [
  ["naive", "Naive forecast"],
  ["model", "Model"],
  ["reconciled", "Reconciliation"],
  ["published", "Planners"],
];
/** Groupings that are sums over everything, and what stands in their rows. */
const WHO: [string, string][] = [
  ["user", "Planner"],
  ["reason_code", "Reason"],
];

function valueAdded(cycle: string, lead: number, grouping: string) {
  return {
    queryKey: ["value added", cycle, lead, grouping],
    queryFn: () => answer(api.GET("/v1/value-added", { params: { query: { cycle, lead, grouping, limit: 1000 } } })),
  };
}

/** What each step on the way to the published number did to its error, also by node of a level that belongs to a hierarchy. */
export function ValueAdded({ cycle, lead, level }: { cycle: string; lead: number; level: string }) {
  const known = useQuery(hierarchies).data?.hierarchies ?? [];
  const inside = known.filter((one) => level !== "total" && one.levels.some((each) => each.level === level)).map((one) => one.name);
  const all = useQuery(valueAdded(cycle, lead, "all"));
  return (
    <Card title="Forecast value added" aside={<span className="text-soft">{lead === 0 ? "all leads" : `lead ${lead}`}</span>}>
      <Asked of={all} lines={5}>
        {({ groups: [total] }) =>
          total ? (
            <div className="space-y-4">
              <Steps total={total} />
              {WHO.map(([grouping, title]) => (
                <Who key={grouping} cycle={cycle} lead={lead} grouping={grouping} title={title} />
              ))}
            </div>
          ) : (
            <p className="text-soft">Not scored at this lead, or it tells of nodes that you do not see.</p>
          )
        }
      </Asked>
      <div className="mt-4 space-y-4">
        {inside.length === 0 && <p className="text-soft">Choose a level of a hierarchy above, such as {known[0]?.levels[1]?.level ?? "a department"}, to see it by node.</p>}
        {inside.map((hierarchy) => (
          <Nodes key={hierarchy} cycle={cycle} lead={lead} hierarchy={hierarchy} level={level} />
        ))}
      </div>
    </Card>
  );
}

function Steps({ total }: { total: Group }) {
  const rows = STEPS.map(([step, title], at) => ({ title, error: total.errors[step], saved: at === 0 || step === "naive" ? null : total.added[step] }));
  const most = Math.max(...rows.map((row) => row.error));
  return (
    <Table
      caption="Error after each step, all items"
      rows={rows}
      keyOf={(row) => row.title}
      columns={[
        { name: "step", title: "After", cell: (row) => row.title },
        { name: "error", title: "Error (units)", numeric: true, cell: (row) => units(row.error) },
        { name: "share", title: "Of what was sold", numeric: true, cell: (row) => (total.actual > 0 ? share(row.error / total.actual) : NOTHING) },
        { name: "saved", title: "Saved (units)", numeric: true, cell: (row) => (row.saved === null ? NOTHING : <Saved units={row.saved} />) },
        {
          name: "bar",
          title: "Bar",
          cell: (row) => (
            <svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" className="h-4 w-full min-w-24">
              <rect x="0" y="2" width={most > 0 ? (row.error / most) * 100 : 0} height="6" className="fill-accent" />
            </svg>
          ),
        },
      ]}
    />
  );
}

/** What a step saved; the words say what the colour says. */
function Saved({ units: saved }: { units: number }) {
  if (saved === 0) return <>nothing</>;
  return <Sign bad={saved < 0}>{saved < 0 ? `cost ${units(-saved)}` : `saved ${units(saved)}`}</Sign>;
}

function Who({ cycle, lead, grouping, title }: { cycle: string; lead: number; grouping: string; title: string }) {
  const found = useQuery(valueAdded(cycle, lead, grouping));
  return (
    <Asked of={found} lines={3}>
      {({ groups }) =>
        groups.length === 0 ? (
          <p className="text-soft">By {title.toLowerCase()}: planners changed none of the numbers that were scored.</p>
        ) : (
          <Table
            caption={`Numbers that planners changed, by ${title.toLowerCase()}`}
            rows={[...groups].sort((one, other) => other.added.published - one.added.published)}
            keyOf={(one) => one.name}
            columns={[
              { name: "name", title, cell: (one) => one.name.replaceAll("_", " ") },
              { name: "rows", title: "Numbers", numeric: true, cell: (one) => count(one.observations) },
              { name: "before", title: "Error without (units)", numeric: true, cell: (one) => units(one.errors.reconciled) },
              { name: "after", title: "Error with (units)", numeric: true, cell: (one) => units(one.errors.published) },
              { name: "saved", title: "Planners", numeric: true, cell: (one) => <Saved units={one.added.published} /> },
            ]}
          />
        )
      }
    </Asked>
  );
}

/** What each step saved of the error of every node of a level; where planners moved most comes first. */
function Nodes({ cycle, lead, hierarchy, level }: { cycle: string; lead: number; hierarchy: string; level: string }) {
  const found = useQuery(valueAdded(cycle, lead, `${hierarchy}.${level}`));
  const saved = (step: Step) => (one: Group) => (step === "naive" ? units(one.errors.naive) : <Saved units={one.added[step]} />);
  const moved = (one: Group) => Math.abs(one.added.published);
  return (
    <Asked of={found} lines={4}>
      {({ groups, next }) =>
        groups.length === 0 ? (
          <p className="text-soft">By {level.replaceAll("_", " ")}: not scored at this lead, or it tells of nodes that you do not see.</p>
        ) : (
          <>
            <h3 className="mb-1 font-semibold">By {level.replaceAll("_", " ")} of {hierarchy}</h3>
            <Table
              caption={`What each step saved, by ${level.replaceAll("_", " ")} of ${hierarchy}`}
              rows={[...groups].sort((one, other) => moved(other) - moved(one) || other.errors.naive - one.errors.naive)}
              keyOf={(one) => one.name}
              columns={[
                { name: "name", title: "Node", cell: (one) => <NodeLink hierarchy={hierarchy} node={one.name} /> },
                { name: "naive", title: "Naive error (units)", numeric: true, cell: saved("naive") },
                { name: "model", title: "Model", numeric: true, cell: saved("model") },
                { name: "reconciled", title: "Reconciliation", numeric: true, cell: saved("reconciled") },
                { name: "published", title: "Planners", numeric: true, cell: saved("published") },
                { name: "left", title: "Error left (units)", numeric: true, cell: (one) => units(one.errors.published) },
              ]}
            />
            {next && <p className="text-soft">The first {count(groups.length)} by name are shown.</p>}
          </>
        )
      }
    </Asked>
  );
}
