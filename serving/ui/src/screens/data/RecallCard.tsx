import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce, freshKey } from "../../api/sending";
import { instant } from "../../format/dates";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Ask, Line } from "../../parts/Form";
import { Button, Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { useKept } from "../../session/kept";
import { useMayOperate } from "../../session/useAsking";
import type { FileCard } from "./FileScreen";
import { ReachTable } from "./ReachTable";
import { RecallDifference } from "./RecallDifference";
import { reachOf } from "./questions";

type Told = Schemas["FileTold"];
const EMPTY = { reason: "", key: "" };
const DONE: Readonly<Record<string, string>> = { recall: "taken back", undo: "put back", backdate: "arrival dated back" };

/** What people and gates did to a file; for who may, the way to take it back and to put it back. */
export function RecallCard({ file }: { file: FileCard }) {
  const may = useMayOperate();
  const [open, setOpen] = useState(false);
  const [told, tell] = useState<Schemas["Recalled"]>();
  const recalled = file.state === "recalled";
  const counts = recalled || ["accepted", "superseded", "duplicate"].includes(file.state);
  return (
    <Card title="Taken back and put back">
      {file.events.length > 0 ? <Events events={file.events} /> : <p className="text-soft">Nobody took it back.</p>}
      {may && file.events.some((one) => one.event !== "backdate") && <RecallDifference version={file.file_version_id} events={file.events.length} />}
      {told && (
        <div className="mt-3">
          <Notice title={told.event === "recall" ? "Taken back: it counts for nothing from now on." : "Put back: it counts from now on."}>
            <p className="mb-2">A running graph computes again what was made of it; elsewhere `dp run` does.</p>
            <ReachTable reached={told.reached} />
          </Notice>
        </div>
      )}
      {may && counts && !open && (
        <Button className="mt-3" onClick={() => setOpen(true)}>
          {recalled ? "Put it back…" : "Take it back…"}
        </Button>
      )}
      {may && open && (
        <Form
          version={file.file_version_id}
          recalled={recalled}
          close={(done) => {
            if (done) tell(done);
            setOpen(false);
          }}
        />
      )}
      {!may && counts && <p className="mt-2 text-soft">Taking a file back takes the role data engineer, over all nodes.</p>}
    </Card>
  );
}

function Events({ events }: { events: readonly Told[] }) {
  return (
    <Table
      caption="What was done to it"
      rows={[...events].reverse()}
      keyOf={(one) => one.at}
      columns={[
        { name: "at", title: "When", cell: (one) => instant(one.at) },
        { name: "event", title: "What", cell: (one) => DONE[one.event] ?? one.event },
        { name: "by", title: "Who", cell: (one) => one.by },
        { name: "reason", title: "Why", cell: (one) => one.reason },
      ]}
    />
  );
}

/** What would be computed again, and the reason; what is typed outlives a reload. */
function Form({ version, recalled, close }: { version: string; recalled: boolean; close: (done?: Schemas["Recalled"]) => void }) {
  const queries = useQueryClient();
  const reach = useQuery({ ...reachOf(version), staleTime: 0 });
  // Each has its own: a recall whose answer was lost is seen as done after a reload, and its key would be refused for the undo.
  const { kept, keep } = useKept(`${recalled ? "undo" : "recall"}\n${version}`, EMPTY);
  const { reason } = kept;
  const verb = recalled ? "Put back" : "Take back";
  const send = useMutation({
    ...atOnce,
    mutationFn: () => {
      const key = kept.key || freshKey();
      keep({ reason, key });
      const path = { file_version_id: version };
      const header = { "Idempotency-Key": key };
      return answer(
        recalled
          ? api.DELETE("/v1/files/{file_version_id}/recall", { params: { path, header, query: { reason: reason.trim() } } })
          : api.POST("/v1/files/{file_version_id}/recall", { params: { path, header }, body: { reason: reason.trim() } }),
      );
    },
    onSuccess: async (done) => {
      keep(null);
      await queries.invalidateQueries({ queryKey: ["data"] });
      close(done);
    },
  });
  return (
    <Ask label={verb} verb={verb} ready={reason.trim() !== "" && typeof reach.data?.refused !== "string"} sent={send} send={() => send.mutate()} close={() => close()}>
      <h3 className="font-semibold">What is computed again</h3>
      <Asked of={reach} lines={3}>
        {(found) => (found.reached ? <ReachTable reached={found.reached} /> : <Notice title="It cannot be done">{found.refused}</Notice>)}
      </Asked>
      <Line
        label={`${recalled ? "Why does it count again?" : "Why does it not count?"} It stands beside your name in the ledger`}
        value={reason}
        most={500}
        put={(next) => keep({ reason: next, key: "" })}
      />
    </Ask>
  );
}
