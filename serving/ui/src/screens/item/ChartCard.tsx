import type { UseQueryResult } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { hasStatus } from "../../api/problem";
import { count, units } from "../../format/numbers";
import { bucket } from "../../format/dates";
import { Card } from "../../parts/Card";
import { Failure, Skeleton } from "../../parts/Notice";
import type { Editing } from "./editing/useEditing";
import { linesOf, type Ahead, type Beside, type Past } from "./lines";
import { Influences } from "./Influences";

const Chart = lazy(() => import("./Chart"));
const NONE: Past[] = [];

/** The chart of an item. Without a history it shows what is ahead. */
export function ChartCard({
  name,
  history,
  ahead,
  before,
  told,
  toldOf,
  meanIs,
  editing,
}: Omit<Beside, "cells" | "together"> & {
  name: string;
  history: UseQueryResult<Past[]>;
  ahead: Ahead[];
  editing: Editing;
  /** What is told is told of, where that is not the item alone. */
  toldOf?: string;
}) {
  const past = history.data ?? NONE;
  const { cells } = editing;
  const together = toldOf !== undefined;
  const lines = useMemo(() => linesOf(past, ahead, { before, told, together, meanIs, cells }), [past, ahead, before, told, together, meanIs, cells]);
  const first = ahead[0];
  const title = `${name}: ${count(past.length)} buckets sold${
    first ? `; from ${bucket(first.bucket_start)} on ${count(ahead.length)} are forecast, the first with ${units(first.published)} units` : ""
  }. The numbers stand in the table below.`;
  return (
    <Card title="History and forecast">
      {history.error && !hasStatus(history.error, 404) && <Failure error={history.error} retry={() => void history.refetch()} />}
      {history.isPending ? (
        <Skeleton lines={9} className="min-h-[390px]" />
      ) : (
        <>
          <Suspense fallback={<Skeleton lines={9} className="min-h-[390px]" />}>
            <Chart
              lines={lines}
              title={title}
              chosen={editing.draft}
              choose={editing.choose}
              range={editing.mayPlan && editing.cells.length > 0 ? editing.range : undefined}
            />
          </Suspense>
          {toldOf && lines.lanes.length > 0 && <p className="mt-2 text-sm text-soft">{toldOf}</p>}
          <Influences lines={lines} />
        </>
      )}
    </Card>
  );
}
