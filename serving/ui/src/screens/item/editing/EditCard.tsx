import { useMemo, useRef } from "react";
import { useShortcuts } from "../../../layout/shortcuts";
import { Asked } from "../../../parts/Asked";
import { Card } from "../../../parts/Card";
import { Notice } from "../../../parts/Notice";
import { Buckets } from "./Buckets";
import { DraftForm } from "./DraftForm";
import { Earlier } from "./Earlier";
import { Holding } from "./Holding";
import { Merge } from "./Merge";
import { isConflict, type Editing } from "./useEditing";

/** Numbers that planners set on an item; for who may, the way to set others. A brief one leaves to the screen what lies below. */
export function EditCard({ editing, isSeries, brief }: { editing: Editing; isSeries: boolean; brief?: boolean }) {
  const { asking, mayPlan, found } = editing;
  if (!asking) return null;
  if (!asking.signed_in) return <Closed>The API is open on this machine, and so is read only. Start it with DP_API_ACCESS=keys and sign in to set numbers.</Closed>;
  return (
    <Card title="Planners' numbers">
      {!mayPlan && (
        <p className="mb-3">You may read and not set numbers. That takes the role planner, which an administrator gives.</p>
      )}
      <Asked of={found}>
        {() => (
          <>
            {mayPlan && <Editor editing={editing} isSeries={isSeries} brief={brief} />}
            <Holding editing={editing} />
            <Earlier editing={editing} />
          </>
        )}
      </Asked>
      {mayPlan && found.error !== null && <p className="mt-2 text-soft">Forecasts are read on meanwhile, and a draft that you began is kept in this tab.</p>}
    </Card>
  );
}

function Closed({ children }: { children: string }) {
  return (
    <Card title="Planners' numbers">
      <p className="text-soft">{children}</p>
    </Card>
  );
}

function Editor({ editing, isSeries, brief }: { editing: Editing; isSeries: boolean; brief?: boolean }) {
  const amount = useRef<HTMLInputElement>(null);
  const table = useRef<HTMLDivElement>(null);
  const actions = useMemo(() => ({ e: () => table.current?.querySelector("button")?.focus() }), []);
  useShortcuts(actions);
  const type = (digit: string) => {
    editing.change({ amount: digit });
    amount.current?.focus();
  };
  if (isConflict(editing.save.error)) return <Merge editing={editing} />;
  return (
    <>
      <p className="mb-2 text-soft">
        Choose a bucket here{brief ? "" : " or in the chart"}; with Shift, or Shift and an arrow key, a range. Typing a digit begins the number.
      </p>
      <div ref={table}>
        <Buckets editing={editing} type={type} />
      </div>
      <Saved editing={editing} />
      <DraftForm editing={editing} amount={amount} isSeries={isSeries} brief={brief} />
    </>
  );
}

/** What came of saving, and when the forecast follows. */
function Saved({ editing: { save } }: { editing: Editing }) {
  if (!save.data) return null;
  const { proposal, overrides, proposed } = save.data;
  const many = (count: number) => (count === 1 ? "1 number" : `${count} numbers`);
  return (
    <div className="mt-3">
      {proposal === null ? (
        <Notice title={`Saved: ${many(overrides.length)} set`}>
          The published forecast follows when the graph has taken them in: with its sensors running, by itself after the next minutes.
          Until then the page shows what was published before.
        </Notice>
      ) : (
        <Notice title={`Waits for approval: ${many(proposed.length)} in proposal ${proposal}`}>
          Nothing changes until somebody approves it; then the published forecast follows.
        </Notice>
      )}
    </div>
  );
}
