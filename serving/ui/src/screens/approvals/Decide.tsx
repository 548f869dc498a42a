import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { hasStatus } from "../../api/problem";
import { atOnce, freshKey } from "../../api/sending";
import { Ask, Line } from "../../parts/Form";
import { Button, Failure } from "../../parts/Notice";
import type { Proposal } from "./questions";
import type { Refusals } from "./refusals";

/** Approves a proposal, or rejects it with a reason; says why one of them cannot be. */
export function Decide({
  proposal,
  refusals,
  isOwn,
  isSeen,
}: {
  proposal: Proposal;
  refusals: Refusals;
  isOwn: boolean;
  /** Whether what it would do is known, or cannot be. */
  isSeen: boolean;
}) {
  const [rejects, setRejects] = useState(false);
  const [key] = useState(freshKey);
  const decided = useDecided();
  const approve = useMutation({
    ...atOnce,
    mutationFn: () =>
      answer(
        api.POST("/v1/proposals/{number}/approve", {
          params: { path: { number: String(proposal.proposal) }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: decided,
  });
  const verb = isOwn ? "Take back" : "Reject";
  return (
    <div className="space-y-3">
      {refusals.approve !== null && <p className="border-l-4 border-warn pl-3">{refusals.approve}</p>}
      <div className="flex flex-wrap gap-3">
        {refusals.approve === null && (
          <Button main disabled={approve.isPending || !isSeen} onClick={() => approve.mutate()}>
            {approve.isPending ? "Approving…" : "Approve"}
          </Button>
        )}
        {refusals.reject === null && !rejects && <Button onClick={() => setRejects(true)}>{verb}…</Button>}
      </div>
      {approve.error && (
        <>
          <Failure error={approve.error} />
          {hasStatus(approve.error, 412) && <p className="text-soft">Reject it with that reason; who proposed it can look at the new number and propose again.</p>}
        </>
      )}
      {rejects && <Rejection proposal={proposal} verb={verb} close={() => setRejects(false)} />}
    </div>
  );
}

/** After a decision everything is asked for again that depends on it. */
function useDecided() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["cells"] });
    return queries.invalidateQueries({ queryKey: ["proposals"] });
  };
}

function Rejection({ proposal, verb, close }: { proposal: Proposal; verb: string; close: () => void }) {
  const [tried, setTried] = useState({ reason: "", key: freshKey() });
  const decided = useDecided();
  const { reason, key } = tried;
  const reject = useMutation({
    ...atOnce,
    mutationFn: () =>
      answer(
        api.POST("/v1/proposals/{number}/reject", {
          params: { path: { number: String(proposal.proposal) }, header: { "Idempotency-Key": key } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: decided,
  });
  return (
    <Ask label={verb} verb={verb} ready={reason.trim() !== ""} sent={reject} send={() => reject.mutate()} close={close}>
      <Line
        label={`Why? ${verb === "Reject" ? `${proposal.user} reads it` : "It stands in the ledger"}`}
        value={reason}
        most={1000}
        put={(next) => setTried({ reason: next, key: freshKey() })}
      />
    </Ask>
  );
}
