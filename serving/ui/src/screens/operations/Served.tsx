import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce } from "../../api/sending";
import { bucket, instant } from "../../format/dates";
import { count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Ask, Line } from "../../parts/Form";
import { Button, Failure, Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { useKept } from "../../session/kept";
import { useMayOperate } from "../../session/useAsking";
import { currentCycle } from "../questions";
import { bundles, health } from "./questions";

type Kept = Schemas["KeptBundle"];
const HASH = 10;
const EMPTY = { to: "", reason: "" };

/** What is served; for who may, the way to serve something else and back. */
export function Served() {
  const current = useQuery(currentCycle);
  const problem = useQuery(health).data?.problem;
  const may = useMayOperate();
  return (
    <Card title="In service">
      {problem && (
        <div className="mb-3">
          <Notice title="A newer bundle cannot be served" bad>
            {problem}
          </Notice>
        </div>
      )}
      <Asked of={current} lines={3}>
        {(cycle) => (
          <>
            <p>
              The cycle of <strong>{bucket(cycle.cycle)}</strong>, {count(cycle.series)} series, since {instant(cycle.loaded_at)}; bundle{" "}
              <code title={cycle.bundle}>{cycle.bundle.slice(0, HASH)}</code>.
            </p>
            {cycle.pinned && <Pinned cycle={cycle} pinned={cycle.pinned} may={may} />}
            {may ? <Bundles /> : <p className="mt-2 text-soft">Serving another bundle takes the role data engineer, over all nodes.</p>}
          </>
        )}
      </Asked>
    </Card>
  );
}

function Pinned({ cycle, pinned, may }: { cycle: Schemas["Cycle"]; pinned: Schemas["Pinned"]; may: boolean }) {
  const [asks, setAsks] = useState(false);
  const changed = useChanged();
  const undo = useMutation({ ...atOnce, mutationFn: () => answer(api.DELETE("/v1/cycles/current")), onSuccess: changed });
  return (
    <div className="mt-3 border-l-4 border-warn pl-3">
      <p>
        {pinned.by} rolled back to it on {instant(pinned.at)}: {pinned.reason}
      </p>
      {pinned.newest_cycle && (
        <p className="text-soft">
          The newest bundle, of the cycle of {bucket(pinned.newest_cycle)}{pinned.newest_cycle === cycle.cycle ? " as well" : ""}, is not served until that is undone.
        </p>
      )}
      {may && !asks && (
        <Button className="mt-2" onClick={() => setAsks(true)}>
          Undo the rollback…
        </Button>
      )}
      {may && asks && (
        <div role="group" aria-label="Undo the rollback" className="mt-2 flex flex-wrap items-center gap-3">
          <span>Everybody is served the newest bundle within ten seconds.</span>
          <Button main autoFocus disabled={undo.isPending} onClick={() => undo.mutate()}>
            {undo.isPending ? "Undoing…" : "Undo it"}
          </Button>
          <Button onClick={() => setAsks(false)}>Cancel</Button>
        </div>
      )}
      {undo.error && <Failure error={undo.error} />}
    </div>
  );
}

/** After a change everything may be another: the numbers of every screen come from the bundle in service. */
function useChanged() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries();
}

function Bundles() {
  const found = useQuery(bundles);
  const { kept, keep } = useKept("rollback", EMPTY);
  const chosen = found.data?.bundles.find((one) => one.bundle === kept.to && !one.is_served);
  return (
    <details className="mt-3" open={chosen !== undefined || undefined}>
      <summary className="font-medium">Serve another bundle</summary>
      <div className="mt-2">
        <Asked of={found} lines={4}>
          {({ bundles: all }) => (
            <Table
              caption="Bundles that are kept, the newest cycle first"
              rows={all}
              keyOf={(one) => one.bundle}
              columns={[
                { name: "cycle", title: "Cycle", cell: (one) => bucket(one.cycle) },
                { name: "bundle", title: "Bundle", cell: (one) => <code title={one.bundle}>{one.bundle.slice(0, HASH)}</code> },
                { name: "written", title: "Written", cell: (one) => instant(one.written_at) },
                { name: "state", title: "State", cell: stateOf },
                { name: "act", title: "Roll back", cell: (one) => <Offer bundle={one} choose={() => keep({ ...kept, to: one.bundle })} /> },
              ]}
            />
          )}
        </Asked>
        {chosen && <RollBack key={chosen.bundle} bundle={chosen} reason={kept.reason} say={(reason) => keep({ ...kept, reason })} close={() => keep(null)} />}
      </div>
    </details>
  );
}

function stateOf(bundle: Kept): string {
  if (bundle.is_served) return "● in service";
  if (!bundle.can_be_served) return "of a format that this version does not read";
  return bundle.is_newest ? "newest of its cycle" : "an earlier version of its cycle";
}

function Offer({ bundle, choose }: { bundle: Kept; choose: () => void }) {
  if (bundle.is_served || !bundle.can_be_served) return "–";
  return (
    <Button onClick={choose} aria-label={`Roll back to ${bucket(bundle.cycle)}, bundle ${bundle.bundle.slice(0, HASH)}`}>
      Roll back to it…
    </Button>
  );
}

function RollBack({ bundle, reason, say, close }: { bundle: Kept; reason: string; say: (reason: string) => void; close: () => void }) {
  const changed = useChanged();
  const send = useMutation({
    ...atOnce,
    mutationFn: () => answer(api.PUT("/v1/cycles/current", { body: { to: bundle.bundle, reason: reason.trim() } })),
    onSuccess: () => {
      close();
      return changed();
    },
  });
  return (
    <Ask label="Roll back" verb="Roll back" doing="Rolling back…" ready={reason.trim() !== ""} sent={send} send={() => send.mutate()} close={close}>
      <p>
        Everybody is served the cycle of <strong>{bucket(bundle.cycle)}</strong> within ten seconds, and until it is undone, also when newer bundles come.
      </p>
      <Line label="Why? It is told to whoever asks what is served" value={reason} most={500} put={say} />
    </Ask>
  );
}
