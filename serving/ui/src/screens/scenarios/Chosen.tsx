import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { bucket, instant } from "../../format/dates";
import { change } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { useIsKept, useMay } from "../../session/useAsking";
import { currentCycle } from "../questions";
import { Actions } from "./Actions";
import type { Definition } from "./changes";
import { sentenceOf } from "./changes";
import { Comparison } from "./Comparison";
import { scenario, scenarios, UP_TO_DATE, type Scenario } from "./questions";
import { ScenarioEditor } from "./ScenarioEditor";
import { Waits } from "./Waits";

const route = getRouteApi("/scenarios");

/** The scenario that the address names: what it changes, where it stands, what can be done with it, what it comes to. */
export function Chosen({ name, all }: { name: string; all: Scenario[] }) {
  const { form } = route.useSearch();
  const mayPlan = useMay("plan");
  const found = useQuery(scenario(name));
  const place = useRef<HTMLDivElement>(null);
  const queries = useQueryClient();
  const state = found.data?.state;
  useEffect(() => {
    if (state !== undefined) void queries.invalidateQueries({ queryKey: scenarios.queryKey });
  }, [queries, state]);
  const isThere = found.isSuccess;
  useEffect(() => {
    if (isThere) place.current?.focus();
  }, [isThere]);
  return (
    <div ref={place} tabIndex={-1} className="mt-4 scroll-mt-16 space-y-4 outline-none">
      <Asked of={found} lines={6}>
        {(one) => (
          <>
            <Card title={one.name} aside={<Close />}>
              {mayPlan && form === "edit" ? <ScenarioEditor key={one.number} kept={one} /> : <Details one={one} mayPlan={mayPlan} />}
            </Card>
            {one.state === UP_TO_DATE && <Comparison one={one} all={all} />}
          </>
        )}
      </Asked>
    </div>
  );
}

function Close() {
  return (
    <Link to="/scenarios" search={{}} className="text-accent underline">
      Close
    </Link>
  );
}

/** A refusal, whose changes are counted from one as the page does. */
function counted(words: string): string {
  return words.replace(/changes\[(\d+)\]/g, (_, place: string) => `Change ${Number(place) + 1}`);
}

function Details({ one, mayPlan }: { one: Scenario; mayPlan: boolean }) {
  const { description, changes } = one.definition as unknown as Definition;
  const cycle = useQuery(currentCycle).data?.cycle;
  const isKept = useIsKept();
  const refused = one.state.startsWith("refused: ") ? counted(one.state.slice("refused: ".length)) : null;
  return (
    <>
      {description && <p className="mb-2">{description}</p>}
      <ol className="mb-3 list-decimal pl-6">
        {changes.map((each, place) => (
          <li key={place}>{sentenceOf(each)}</li>
        ))}
        {changes.length === 0 && <li>Nothing: it is what is published.</li>}
      </ol>
      <p className="mb-3 text-soft">
        By {one.user}, over the cycle of {bucket(one.cycle)}
        {cycle && cycle !== one.cycle && ", which is not the current one: it can be looked at and not be promoted"}.
      </p>
      {one.waits_since ? (
        <Waits name={one.name} since={instant(one.waits_since)} />
      ) : refused !== null ? (
        <Notice title="It cannot be computed as it is written" bad>
          {refused}
        </Notice>
      ) : one.state === UP_TO_DATE ? (
        <p role="status">
          ✓ Computed. It adds <strong>{change(one.units)} units</strong> {isKept ? "to what you see" : "in all"}.
        </p>
      ) : (
        <p role="status">
          ○ {one.state}: {one.state === "not computed yet" ? "compute it to see what it comes to." : "compute it again before you compare or promote it."}
        </p>
      )}
      {one.notes.length > 0 && (
        <ul className="mt-2 list-disc pl-6 text-soft">
          {one.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {mayPlan && <Actions key={one.number} one={one} isCurrent={cycle === one.cycle} />}
    </>
  );
}
