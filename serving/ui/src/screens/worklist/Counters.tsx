import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { hasStatus } from "../../api/problem";
import { bucket, day, instant } from "../../format/dates";
import { count, share, signedShare } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { currentCycle } from "../questions";

const totalScore = {
  queryKey: ["accuracy", "total"],
  queryFn: () => answer(api.GET("/v1/accuracy", { params: { query: { level: "total", lead: 0, limit: 1 } } })),
};

/** What there is to know of the cycle at one look. */
export function Counters() {
  const cycle = useQuery(currentCycle);
  const accuracy = useQuery(totalScore);
  return (
    <Asked of={cycle} lines={2}>
      {(found) => (
        <dl aria-label="This cycle" className="mb-5 grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
          <Counter title="Cycle" note={`${found.horizon} buckets ahead`}>
            {bucket(found.cycle)}
          </Counter>
          <Counter title="Series forecast" note={methods(found)}>
            {count(found.series)}
          </Counter>
          <Scored accuracy={accuracy.data} refused={hasStatus(accuracy.error, 404)} />
          <Counter title="Served since" note={found.champion ? `model of ${day(found.champion)}` : "no model: fallbacks"}>
            {instant(found.loaded_at)}
          </Counter>
        </dl>
      )}
    </Asked>
  );
}

function methods(cycle: Schemas["Cycle"]): string {
  const shares = Object.entries(cycle.methods).sort((one, other) => other[1] - one[1]);
  return shares.map(([name, series]) => `${name} ${share(series / cycle.series)}`).join(", ");
}

function Scored({ accuracy, refused }: { accuracy?: Schemas["Accuracy"]; refused: boolean }) {
  const score = accuracy?.scores[0];
  const note = score ? `cycle of ${day(accuracy.cycle)}` : refused || accuracy ? "not scored yet, or not for you" : "…";
  const { wape, naive_wape, bias, coverage_80 } = score?.metrics ?? {};
  const saved = wape != null && naive_wape ? `${signedShare(wape / naive_wape - 1)} against naive, ${note}` : note;
  return (
    <>
      <Counter title="Error (WAPE)" note={saved}>
        {share(wape)}
      </Counter>
      <Counter title="Bias" note={bias == null ? note : bias > 0 ? "forecasts are too high" : "forecasts are too low"}>
        {signedShare(bias)}
      </Counter>
      <Counter title="Inside the 80 % interval" note="80 % is right">
        {share(coverage_80)}
      </Counter>
    </>
  );
}

function Counter({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <div className="rounded-lg border border-line bg-surface px-4 py-3">
      <dt className="text-sm text-soft">{title}</dt>
      <dd className="text-lg font-semibold">{children}</dd>
      <dd className="text-sm text-soft">{note}</dd>
    </div>
  );
}
