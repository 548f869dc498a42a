import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { hasStatus } from "../../api/problem";
import { bucket } from "../../format/dates";
import { count, share, signedShare, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { cardOf } from "../questions";
import { classesOf, ranked } from "./standings";

type Standing = Schemas["Standing"];

/** Champion and challengers of the model behind a cycle, on weeks that none of them had seen. */
export function Leaderboard({ cycle }: { cycle: string }) {
  const found = useQuery(cardOf(cycle));
  return (
    <Card title="Champion and challengers" aside={<span className="text-soft">model behind {bucket(cycle)}</span>}>
      {hasStatus(found.error, 403) ? (
        <p className="text-soft">The card of a cycle is about everything, and you are kept to some nodes.</p>
      ) : (
        <Asked of={found} lines={6}>
          {({ leaderboard }) =>
            leaderboard.length === 0 ? (
              <p className="text-soft">Nothing competed: statistical methods forecast this cycle, or the model has no backtest yet.</p>
            ) : (
              <Standings key={cycle} all={leaderboard} />
            )
          }
        </Asked>
      )}
    </Card>
  );
}

function Standings({ all }: { all: Standing[] }) {
  const classes = classesOf(all);
  const [chosen, choose] = useState(classes[0] ?? "");
  return (
    <>
      <label className="mb-2 flex items-center gap-2 text-sm">
        Demand class
        <select value={chosen} onChange={(event) => choose(event.target.value)} className="rounded-md border border-line bg-surface px-2 py-1">
          {classes.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <Table
        caption={`Methods of class ${chosen} by their error`}
        rows={ranked(all, chosen)}
        keyOf={(one) => one.method}
        columns={[
          { name: "method", title: "Method", cell: (one) => (one.champion ? <strong>★ {one.method} (champion)</strong> : one.method) },
          { name: "wape", title: "WAPE", numeric: true, cell: (one) => share(one.wape) },
          { name: "bias", title: "Bias", numeric: true, cell: (one) => signedShare(one.bias) },
          { name: "rmse", title: "RMSE (units)", numeric: true, cell: (one) => units(one.rmse) },
          { name: "wql", title: "Quantile loss (of units sold)", numeric: true, cell: (one) => share(one.wql) },
          { name: "share", title: "In the blend", numeric: true, cell: (one) => share(one.share) },
          { name: "reason", title: "Verdict", cell: (one) => one.reason },
        ]}
      />
      <p className="mt-2 text-sm text-soft">{count(ranked(all, chosen)[0]?.observations)} forecasts of the backtest, the same for all.</p>
    </>
  );
}
