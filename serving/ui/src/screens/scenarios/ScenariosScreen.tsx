import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useRef } from "react";
import { bucket } from "../../format/dates";
import { change } from "../../format/numbers";
import { useWalking } from "../../layout/walking";
import { Asked } from "../../parts/Asked";
import { Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { useAsking, useMay } from "../../session/useAsking";
import type { Definition } from "./changes";
import { sentenceOf } from "./changes";
import { Chosen } from "./Chosen";
import { scenarios, UP_TO_DATE, type Scenario } from "./questions";
import { ScenarioEditor } from "./ScenarioEditor";

const route = getRouteApi("/scenarios");

/** What would happen if: scenarios, what each comes to, side by side with what is published. */
export function ScenariosScreen() {
  const { scenario, form } = route.useSearch();
  const mayPlan = useMay("plan");
  const asking = useAsking().data;
  const found = useQuery(scenarios);
  return (
    <>
      <Heading title="Scenarios">What would happen if. Nothing is published until somebody promotes one.</Heading>
      {asking && !mayPlan && (
        <p className="mb-4 text-soft">
          {asking.signed_in
            ? "You may read and not build scenarios. That takes the role planner, which an administrator gives."
            : "The API is open on this machine, and so is read only. Start it with DP_API_ACCESS=keys and sign in to build scenarios."}
        </p>
      )}
      {mayPlan && form !== "new" && (
        <p className="mb-4">
          <Link to="/scenarios" search={{ form: "new" }} className="rounded-md border border-accent bg-accent px-3 py-1.5 font-medium text-on-accent">
            New scenario
          </Link>
        </p>
      )}
      {mayPlan && form === "new" && <ScenarioEditor key="new" />}
      <Asked of={found} lines={6}>
        {(all) =>
          all.scenarios.length === 0 ? (
            form !== "new" && (
              <Notice title="There is no scenario yet">
                A scenario asks what a price, a promotion, growth or a launch would do, without changing anything.
              </Notice>
            )
          ) : (
            <Listed all={all.scenarios} chosen={scenario} />
          )
        }
      </Asked>
      {scenario !== undefined && <Chosen key={scenario} name={scenario} all={found.data?.scenarios ?? []} />}
    </>
  );
}

/** The state of a scenario in words, with a sign. */
function stateIn(one: Scenario): string {
  if (one.waits_since) return "… asked for, not computed yet";
  if (one.state === UP_TO_DATE) return "✓ up to date";
  return one.state.startsWith("refused") ? "✕ refused" : `○ ${one.state}`;
}

function about(one: Scenario): string {
  const { description, changes } = one.definition as unknown as Definition;
  const first = changes[0] ? sentenceOf(changes[0]) : "nothing changes";
  return description || (changes.length > 1 ? `${first}, and ${changes.length - 1} more` : first);
}

function Listed({ all, chosen }: { all: Scenario[]; chosen?: string }) {
  const list = useRef<HTMLDivElement>(null);
  useWalking(list);
  return (
    <div ref={list} className="rounded-lg border border-line bg-surface p-2">
      <Table
        caption="Scenarios"
        rows={all}
        keyOf={(one) => one.name}
        columns={[
          { name: "name", title: "Scenario", cell: (one) => <Name one={one} chosen={one.name === chosen} /> },
          { name: "about", title: "What is different", cell: about },
          { name: "state", title: "State", cell: stateIn },
          { name: "units", title: "Adds (units)", numeric: true, cell: (one) => change(one.units) },
          { name: "cycle", title: "Over the cycle", cell: (one) => bucket(one.cycle) },
          { name: "who", title: "By", cell: (one) => one.user },
        ]}
      />
    </div>
  );
}

function Name({ one, chosen }: { one: Scenario; chosen: boolean }) {
  return (
    <Link
      to="/scenarios"
      search={{ scenario: one.name }}
      aria-current={chosen ? "true" : undefined}
      className="font-medium text-accent underline-offset-2 hover:underline"
    >
      {chosen && <span aria-hidden="true">▸ </span>}
      {one.name}
    </Link>
  );
}
