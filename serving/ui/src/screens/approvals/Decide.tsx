import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { answer, api } from "../../api/client";
import { hasStatus } from "../../api/problem";
import { atOnce, freshKey } from "../../api/sending";
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reject.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={verb} className="space-y-2 rounded-md border border-line p-3">
      <label className="block">
        <span className="mb-1 block text-sm font-medium">
          Why? {verb === "Reject" ? `${proposal.user} reads it` : "It stands in the ledger"}
        </span>
        <input
          autoFocus
          required
          maxLength={1000}
          value={reason}
          onChange={(event) => setTried({ reason: event.target.value, key: freshKey() })}
          className="w-full max-w-xl rounded-md border border-line bg-page px-3 py-1.5"
        />
      </label>
      <div className="flex gap-3">
        <Button main type="submit" disabled={reject.isPending || reason.trim() === ""}>
          {verb}
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
      {reject.error && <Failure error={reject.error} />}
    </form>
  );
}
