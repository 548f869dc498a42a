import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useRef } from "react";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count } from "../../format/numbers";
import { useWalking } from "../../layout/walking";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { CycleCard } from "./CycleCard";
import { cycles } from "../questions";
import { Served } from "./Served";

const route = getRouteApi("/operations");
const NEWEST = 15;
const STATES = ["forecast", "published", "bundled", "trained", "scored", "explained"] as const;

/** What is served, every cycle with what was made of it, and the card of one. */
export function Cycles() {
  const { cycle } = route.useSearch();
  const found = useQuery(cycles);
  return (
    <div className="space-y-4">
      <Served />
      <Asked of={found} lines={8}>
        {(all) => (
          <>
            <Card title="Cycles" aside={all.dagster_url && <Runs url={all.dagster_url} />}>
              <Listed all={all.cycles} />
            </Card>
            {cycle && <CycleCard key={cycle} cycle={cycle} dagster={all.dagster_url ?? null} />}
          </>
        )}
      </Asked>
    </div>
  );
}

function Runs({ url }: { url: string }) {
  return (
    <a href={`${url}/runs`} target="_blank" rel="noreferrer" className="text-accent underline">
      Runs in Dagster<span aria-hidden="true"> ↗</span>
      <span className="sr-only"> (opens in a new tab)</span>
    </a>
  );
}

function Listed({ all }: { all: readonly Schemas["CycleState"][] }) {
  const { cycle: chosen, every } = route.useSearch();
  const list = useRef<HTMLDivElement>(null);
  useWalking(list);
  const newest = [...all].reverse();
  if (newest.length === 0) return <Notice title="No cycle yet">The graph makes the first one as soon as there is history; `dp run` does it once.</Notice>;
  const shown = every ? newest : newest.slice(0, NEWEST);
  return (
    <div ref={list}>
      <Table
        caption="Cycles, the newest first"
        rows={shown}
        keyOf={(one) => one.cycle}
        columns={[
          {
            name: "cycle",
            title: "Cycle",
            cell: (one) => (
              <Link
                to="/operations"
                search={(now) => ({ ...now, cycle: one.cycle, of: undefined })}
                className="font-medium text-accent underline-offset-2 hover:underline"
              >
                {one.cycle === chosen && <span aria-hidden="true">▸ </span>}
                {bucket(one.cycle)}
              </Link>
            ),
          },
          { name: "served", title: "In service", cell: (one) => (one.served ? <strong>● in service</strong> : "") },
          ...STATES.map((state) => ({ name: state, title: titled(state), cell: (one: Schemas["CycleState"]) => <Done done={one[state]} /> })),
        ]}
      />
      {newest.length > shown.length && (
        <p className="mt-2 text-soft">
          The newest {count(shown.length)} of {count(newest.length)}.{" "}
          <Link to="/operations" search={(now) => ({ ...now, every: true })} className="text-accent underline">
            Show all
          </Link>
        </p>
      )}
    </div>
  );
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function Done({ done }: { done: boolean }) {
  return done ? (
    <span>
      <span aria-hidden="true">✓ </span>yes
    </span>
  ) : (
    <span className="text-soft">no</span>
  );
}
