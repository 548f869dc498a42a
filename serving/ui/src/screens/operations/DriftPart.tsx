import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket, instant } from "../../format/dates";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { OUTCOMES, QUIET, VERDICTS, errorOf, type JudgedCycle } from "./drift";
import { DriftOfCycle } from "./DriftOfCycle";
import { ErrorChart } from "./ErrorChart";
import { driftCycles } from "./questions";

const route = getRouteApi("/operations");

/** Whether the champion still fits: over cycles, in one of them, and what came of retrainings. */
export function DriftPart() {
  const { cycle } = route.useSearch();
  const found = useQuery(driftCycles);
  return (
    <Asked of={found} lines={12}>
      {({ cycles, retrainings }) => {
        const shown = cycle ?? cycles[0]?.cycle;
        return (
          <div className="space-y-4">
            <Card title="Drift over cycles">
              {cycles.length === 0 ? (
                <Notice title="No cycle was judged yet">
                  Each weekly cycle is judged once it was forecast; dp materialize weekly_cycle and the cutoff of a cycle judges that one.
                </Notice>
              ) : (
                <Judged cycles={cycles} shown={shown} />
              )}
            </Card>
            <Card title="Retrainings">
              <Trained all={retrainings} />
            </Card>
            {shown && <DriftOfCycle key={shown} cycle={shown} />}
          </div>
        );
      }}
    </Asked>
  );
}

function Judged({ cycles, shown }: { cycles: readonly JudgedCycle[]; shown?: string }) {
  const error = (name: "error" | "backtest" | "naive" | "limit", title: string) => ({
    ...{ name, title, numeric: true },
    cell: (one: JudgedCycle) => errorOf(one[name], one.metric),
  });
  const metric = cycles.find((one) => one.metric)?.metric;
  return (
    <>
      <ErrorChart cycles={cycles} />
      <Table
        caption="Drift by cycle, the newest first"
        rows={cycles}
        keyOf={(one) => one.cycle}
        columns={[
          {
            name: "cycle",
            title: "Cycle",
            cell: (one) => (
              <Link to="/operations" search={(now) => ({ ...now, cycle: one.cycle })} className="font-medium text-accent underline-offset-2 hover:underline">
                {one.cycle === shown && <span aria-hidden="true">▸ </span>}
                {bucket(one.cycle)}
              </Link>
            ),
          },
          { name: "verdict", title: "Verdict", cell: (one) => (one.verdict === "drift" ? <strong>{VERDICTS.drift}</strong> : VERDICTS[one.verdict]) },
          error("error", metric ? `Error (${metric.toUpperCase()})` : "Error"),
          error("backtest", "At training"),
          error("naive", "Naive"),
          error("limit", "Limit"),
          { name: "cause", title: "Why", cell: (one) => one.cause || <span className="text-soft">{QUIET[one.verdict]}</span> },
        ]}
      />
    </>
  );
}

function Trained({ all }: { all: readonly Schemas["Retraining"][] }) {
  const [last, ...earlier] = all;
  if (!last)
    return <Notice title="No model was trained yet">Statistical methods forecast until there is history enough; dp materialize retrain and the cutoff of a cycle trains one.</Notice>;
  return (
    <>
      <Told one={last} />
      {earlier.length > 0 && (
        <details className="mt-2">
          <summary className="text-accent">Earlier ones</summary>
          <ul aria-label="Earlier retrainings" className="mt-2 space-y-2">
            {earlier.map((one) => (
              <li key={one.cycle}>
                <Told one={one} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Told({ one }: { one: Schemas["Retraining"] }) {
  return (
    <p>
      <strong>{OUTCOMES[one.verdict]}</strong>, trained in cycle {bucket(one.cycle)}
      {one.trained_at && ` on ${instant(one.trained_at)}`}, because of {one.cause ?? "nothing that was noted"}.{" "}
      <span className="text-soft">
        Champion’s verdict: {one.reason}.{one.verdict === "lost" && one.accepted && " It is used nevertheless, as configured."}
      </span>
    </p>
  );
}
