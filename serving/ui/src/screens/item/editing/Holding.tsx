import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { atOnce, freshKey } from "../../../api/sending";
import { bucket } from "../../../format/dates";
import { units } from "../../../format/numbers";
import { Ask, Line } from "../../../parts/Form";
import { Button } from "../../../parts/Notice";
import { Kind } from "../../../parts/Lock";
import { Table } from "../../../parts/Table";
import { whyOf } from "../../plannersNumbers";
import { cellsOf } from "../../questions";
import type { Editing } from "./useEditing";

type Number = Schemas["PlannersNumber"];

/** The numbers that hold on the item: who, when, why; for who may, the way to take them back. */
export function Holding({ editing: { cells, hierarchy, node, mayPlan } }: { editing: Editing }) {
  const [taken, take] = useState<number[]>([]);
  const numbers = cells.flatMap((cell) => cell.override ?? []);
  if (numbers.length === 0) return <p className="mt-4 text-soft">No planner's number holds here.</p>;
  const undo = (number: Number) => <Button onClick={() => take([number.number])}>Take back…</Button>;
  return (
    <div className="mt-5">
      <h3 className="mb-1 font-semibold">Numbers that hold</h3>
      <Table
        caption="Numbers that hold"
        rows={numbers}
        keyOf={(one) => one.number}
        columns={[
          { name: "bucket", title: "Bucket", cell: (one) => bucket(one.bucket_start) },
          { name: "units", title: "Units", numeric: true, cell: (one) => units(one.quantity) },
          { name: "lock", title: "Kind", cell: (one) => <Kind lock={one.lock} /> },
          { name: "who", title: "Who", cell: (one) => one.user },
          { name: "when", title: "In the cycle of", cell: (one) => bucket(one.cycle) },
          { name: "why", title: "Why", cell: whyOf },
          ...(mayPlan ? [{ name: "undo", title: "Undo", cell: undo }] : []),
        ]}
      />
      {mayPlan && numbers.length > 1 && (
        <Button className="mt-2" onClick={() => take(numbers.map((one) => one.number))}>
          Take all of them back…
        </Button>
      )}
      {taken.length > 0 && (
        <Withdrawal key={taken.join()} numbers={taken} hierarchy={hierarchy} node={node} close={() => take([])} />
      )}
    </div>
  );
}

function Withdrawal({ numbers, hierarchy, node, close }: { numbers: number[]; hierarchy: string; node: string; close: () => void }) {
  const queries = useQueryClient();
  const [tried, setTried] = useState({ reason: "", key: freshKey() });
  const { reason, key } = tried;
  const withdraw = useMutation({
    ...atOnce,
    mutationFn: () =>
      answer(api.POST("/v1/overrides/withdraw", { params: { header: { "Idempotency-Key": key } }, body: { numbers, reason: reason.trim() } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: cellsOf(hierarchy, node).queryKey }).then(close),
  });
  const what = numbers.length === 1 ? "1 number" : `${numbers.length} numbers`;
  return (
    <Ask label="Take back" verb="Take back" ready={reason.trim() !== ""} sent={withdraw} send={() => withdraw.mutate()} close={close}>
      <Line label={`Why do you take back ${what}?`} value={reason} most={1000} put={(next) => setTried({ reason: next, key: freshKey() })} />
    </Ask>
  );
}
