import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count } from "../../format/numbers";
import { useShortcuts } from "../../layout/shortcuts";
import { Asked } from "../../parts/Asked";
import { Card, Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { NodeLink } from "../ItemLink";
import { EditCard } from "../item/editing/EditCard";
import { useEditing, type Editing } from "../item/editing/useEditing";
import { namesOf, pathOf, trail } from "../links";
import { forecastOfNode, hierarchies } from "../questions";
import { Conflicts, Related } from "./PlannersNumbers";
import { numbersOf, rollups } from "./questions";
import { Rollups } from "./Rollups";
import { byPlace, rowOf, sideOf } from "./rows";

const route = getRouteApi("/hierarchy");
const SELECT = "rounded-md border border-line bg-surface px-2 py-1";

/** Roll-ups side by side, from the top down: what is published beside the forecast, and what a change at the top does below. */
export function HierarchyScreen() {
  const found = useQuery(hierarchies);
  return (
    <Asked of={found} lines={12}>
      {({ hierarchies: all }) => <OneHierarchy all={all} />}
    </Asked>
  );
}

function OneHierarchy({ all }: { all: Schemas["HierarchyAnswer"][] }) {
  const { hierarchy, node = "total", level } = route.useSearch();
  const here = all.find((one) => one.name === hierarchy) ?? all[0];
  const found = useQuery({ ...forecastOfNode(here?.name ?? "", node), enabled: here !== undefined });
  if (!here)
    return (
      <>
        <Heading title="Hierarchy" />
        <Notice title="There is no hierarchy">demand.yaml names none under hierarchies, so there is nothing above the series.</Notice>
      </>
    );
  return (
    <>
      <Heading title="Hierarchy">{found.data && `cycle of ${bucket(found.data.cycle)}`}</Heading>
      <Places all={all} here={here} level={level} />
      <Asked of={found} lines={12}>
        {(forecast) => <OneNode key={`${here.name} ${node}`} forecast={forecast} level={level} />}
      </Asked>
    </>
  );
}

/** Which hierarchy, and which level of it as a whole. */
function Places({ all, here, level }: { all: Schemas["HierarchyAnswer"][]; here: Schemas["HierarchyAnswer"]; level?: string }) {
  const go = useNavigate({ from: "/hierarchy" });
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-5 gap-y-2">
      {all.length > 1 && (
        <label className="flex items-center gap-2">
          <span className="text-soft">Hierarchy</span>
          <select value={here.name} onChange={(event) => void go({ search: { hierarchy: event.target.value } })} className={SELECT}>
            {all.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <label className="flex items-center gap-2">
        <span className="text-soft">Show</span>
        <select
          value={level ?? ""}
          onChange={(event) => void go({ search: (now) => ({ ...now, level: event.target.value || undefined, node: event.target.value ? undefined : now.node }) })}
          className={SELECT}
        >
          <option value="">what is right below</option>
          {here.levels
            .filter((one) => one.level !== "total" && one.level !== "series")
            .map((one) => (
              <option key={one.level} value={one.level}>
                {`every ${one.level.replaceAll("_", " ")} (${count(one.nodes)})`}
              </option>
            ))}
        </select>
      </label>
    </div>
  );
}

function OneNode({ forecast, level }: { forecast: Schemas["NodeForecast"]; level?: string }) {
  const { hierarchy, node } = forecast;
  const { edit = false } = route.useSearch();
  const go = useNavigate({ from: "/hierarchy" });
  const editing = useEditing(hierarchy, node);
  const below = useQuery(rollups(level ? { hierarchy, level } : { hierarchy, parent: node }));
  const tops = useQuery(rollups({ hierarchy, parent: "total" })).data;
  const numbers = useQuery({ ...numbersOf(hierarchy, editing.tag), enabled: editing.asking?.signed_in === true });
  const held = numbers.data?.overrides;
  const set = useMemo(() => byPlace(held ?? []), [held]);
  const top = useMemo(() => rowOf(nodeOf(forecast)), [forecast]);
  const parent = trail(node).at(-2);
  const actions = useMemo(
    () => ({
      u: () => (parent === undefined ? false : go({ search: (now) => ({ ...now, node: parent, edit: undefined }) })),
      ...(edit ? {} : { e: () => go({ search: (now) => ({ ...now, edit: true }), resetScroll: false }) }),
    }),
    [go, parent, edit],
  );
  useShortcuts(actions);
  const related = useMemo(() => {
    // Names do not tell series from nodes, but what stands below the total does.
    const known = tops && new Set(["total", ...tops.nodes.map((one) => one.node)]);
    return (held ?? []).flatMap((number) => {
      const side = sideOf(number, node);
      return side === null ? [] : [{ number, side, isSeries: known !== undefined && !known.has(pathOf(namesOf(number.node).slice(0, 1))) }];
    });
  }, [held, tops, node]);
  return (
    <div className="space-y-4">
      <Trail hierarchy={hierarchy} node={node} />
      {editing.asking?.signed_in && <EditAtTheTop editing={editing} open={edit} node={node} />}
      <Conflicts editing={editing} related={related} />
      <Card
        title={level ? `Every ${level.replaceAll("_", " ")}` : `${namesOf(node).at(-1)}: ${count(forecast.children)} of level ${forecast.child_level}`}
        aside={<NodeLink hierarchy={hierarchy} node={node} note="its page" />}
      >
        <Asked of={below} lines={10}>
          {(found) => <Rollups key={`${node} ${level}`} top={top} found={found} hierarchy={hierarchy} set={set} effect={editing.effect} />}
        </Asked>
      </Card>
      {editing.asking?.signed_in && <Related found={numbers} related={related.filter(({ side }) => side !== "here")} hierarchy={hierarchy} />}
    </div>
  );
}

/** The node as the listing has its children, so that both stand in one table. */
function nodeOf({ node, level, parent, series, leads }: Schemas["NodeForecast"]): Schemas["Node"] {
  const numbers = { published: leads.map((one) => one.published), mean: leads.map((one) => one.mean), locked: leads.map((one) => one.locked) };
  return { node, level, parent, series, numbers };
}

function Trail({ hierarchy, node }: { hierarchy: string; node: string }) {
  const above = trail(node);
  return (
    <nav aria-label="Way down" className="flex flex-wrap items-baseline gap-2">
      {above.map((one, place) => (
        <span key={one}>
          {place > 0 && <span aria-hidden="true">› </span>}
          <Link
            to="/hierarchy"
            search={(now) => ({ hierarchy, node: one === "total" ? undefined : one, by: now.by })}
            activeOptions={{ exact: true }}
            aria-current={place === above.length - 1 ? "true" : undefined}
            className="text-accent underline-offset-2 hover:underline aria-[current]:font-semibold aria-[current]:text-ink"
          >
            {namesOf(one).at(-1)}
          </Link>
        </span>
      ))}
      {above.length > 1 && <span className="text-sm text-soft">u goes up</span>}
    </nav>
  );
}

/** The editing of the item page, for the node at the top; what it would do below stands in the table. */
function EditAtTheTop({ editing, open, node }: { editing: Editing; open: boolean; node: string }) {
  const go = useNavigate({ from: "/hierarchy" });
  const place = useRef<HTMLDivElement>(null);
  const { mayPlan, draft } = editing;
  const isReady = open && editing.found.isSuccess;
  useEffect(() => {
    if (isReady) place.current?.querySelector<HTMLElement>("button[data-start]")?.focus({ preventScroll: true });
  }, [isReady]);
  const begun = draft.from !== "" || draft.amount !== "";
  const title = mayPlan ? `${begun ? "Go on changing" : "Change"} numbers of ${namesOf(node).at(-1)}` : `Planners’ numbers of ${namesOf(node).at(-1)}`;
  return (
    <div ref={place}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => void go({ search: (now) => ({ ...now, edit: open ? undefined : true }), resetScroll: false })}
        className="mb-2 rounded-md border border-line bg-surface px-3 py-1.5 font-medium hover:border-soft"
      >
        <span aria-hidden="true">{open ? "▾ " : "▸ "}</span>
        {title}
        {!open && <span className="text-soft"> (e)</span>}
      </button>
      {open && <EditCard editing={editing} isSeries={false} brief />}
    </div>
  );
}
