import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce, freshKey } from "../../api/sending";
import { count } from "../../format/numbers";
import { Ask, Field, FIELD } from "../../parts/Form";
import { Button, Failure, Notice, Skeleton } from "../../parts/Notice";
import { isConflict } from "../item/editing/useEditing";
import { useAsking } from "../../session/useAsking";
import { isOneUsers } from "./changes";
import { numbersSeen, scenario, UP_TO_DATE, type Scenario } from "./questions";

/** What a planner can do with a scenario: compute it, change it, make it the plan, delete it. */
export function Actions({ one, isCurrent }: { one: Scenario; isCurrent: boolean }) {
  const [open, setOpen] = useState<"promote" | "delete" | null>(null);
  const run = useRun(one.name);
  const isReady = one.state === UP_TO_DATE;
  const isMine = useAsking().data?.name === one.user;
  if (!one.inside && !isMine)
    return <p className="mt-4 text-soft">It also changes what lies outside of the nodes that you plan: you can look at it, and whoever plans all of them can compute it and make it the plan.</p>;
  return (
    <div className="mt-4 space-y-3">
      <div className="flex flex-wrap gap-3">
        {one.inside && !one.waits_since && !isReady && (
          <Button main={!one.state.startsWith("refused")} disabled={run.isPending} onClick={() => run.mutate()}>
            {run.isPending ? "Asking…" : "Compute"}
          </Button>
        )}
        {one.inside && isReady && isCurrent && (
          <Button main aria-expanded={open === "promote"} onClick={() => setOpen("promote")}>
            Make it the plan…
          </Button>
        )}
        {(isMine || !isOneUsers(one.name)) && (
          <Link
            to="/scenarios"
            search={(now) => ({ ...now, form: "edit" as const })}
            className="rounded-md border border-line bg-surface px-3 py-1.5 font-medium hover:border-soft"
          >
            Change it
          </Link>
        )}
        <Button aria-expanded={open === "delete"} onClick={() => setOpen("delete")}>
          Delete…
        </Button>
      </div>
      {run.error && <Failure error={run.error} />}
      {open === "promote" && <Promote one={one} close={() => setOpen(null)} />}
      {open === "delete" && <Delete one={one} close={() => setOpen(null)} />}
    </div>
  );
}

/** Asks the graph to compute a scenario. */
function useRun(name: string) {
  const queries = useQueryClient();
  const [key, setKey] = useState(freshKey);
  return useMutation({
    ...atOnce,
    mutationFn: () => answer(api.POST("/v1/scenarios/{name}/run", { params: { path: { name }, header: { "Idempotency-Key": key } } })),
    onSuccess: () => {
      setKey(freshKey());
      return queries.invalidateQueries({ queryKey: scenario(name).queryKey });
    },
  });
}

function Promote({ one, close }: { one: Scenario; close: () => void }) {
  const queries = useQueryClient();
  const seen = useQuery(numbersSeen);
  const [tried, setTried] = useState({ reason: "", key: freshKey() });
  const promote = useMutation({
    ...atOnce,
    mutationFn: () =>
      answer(
        api.POST("/v1/scenarios/{name}/promote", {
          params: { path: { name: one.name }, header: { "If-Match": seen.data?.tag ?? "", "Idempotency-Key": tried.key } },
          body: { reason_code: tried.reason },
        }),
      ),
    onSuccess: () =>
      Promise.all([["scenarios"], ["proposals"], ["cells"]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
    onError: (error) => (isConflict(error) ? queries.invalidateQueries({ queryKey: numbersSeen.queryKey }) : undefined),
  });
  if (promote.data) return <Promoted made={promote.data} />;
  if (seen.error) return <Failure error={seen.error} />;
  if (!seen.data) return <Skeleton lines={3} />;
  const { approval, reason_codes } = seen.data.data;
  return (
    <Ask
      label="Make it the plan"
      verb={approval === "none" ? "Make it the plan" : "Propose it"}
      doing="Saving…"
      ready={tried.reason !== ""}
      sent={promote}
      send={() => promote.mutate()}
      close={close}
    >
      <p>
        Every number that it changes becomes a planner’s number in your name, for this cycle. Series that it launches stay out of the plan until a file of
        feed product_life announces them.
      </p>
      <Field label="Reason">
        <select
          autoFocus
          value={tried.reason}
          onChange={(event) => setTried({ reason: event.target.value, key: freshKey() })}
          className={`${FIELD} max-w-xs`}
        >
          <option value="">Choose…</option>
          {reason_codes.map((code) => (
            <option key={code} value={code}>
              {code.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </Field>
      {isConflict(promote.error) && (
        <p className="text-soft">The page knows those numbers by now. Compare once more, and make it the plan if it still should replace them.</p>
      )}
    </Ask>
  );
}

function Promoted({ made }: { made: Schemas["OverridesSet"] }) {
  if (made.proposal === null)
    return (
      <Notice title={`It is the plan: ${count(made.overrides.length)} numbers set`}>
        The published forecast follows when the graph has taken them in: with its sensors running, by itself after the next minutes. The scenario is then
        over an older base, and says so.
      </Notice>
    );
  return (
    <Notice title={`Waits for approval: ${count(made.proposed.length)} numbers`}>
      Nothing changes until somebody approves{" "}
      <Link to="/approvals" search={{ proposal: made.proposal }} className="text-accent underline">
        proposal {made.proposal}
      </Link>
      .
    </Notice>
  );
}

function Delete({ one, close }: { one: Scenario; close: () => void }) {
  const queries = useQueryClient();
  const go = useNavigate();
  const remove = useMutation({
    ...atOnce,
    mutationFn: () =>
      answer(api.DELETE("/v1/scenarios/{name}", { params: { path: { name: one.name }, query: { number: one.number } } })),
    onSuccess: async () => {
      await go({ to: "/scenarios", search: {} });
      await queries.invalidateQueries({ queryKey: ["scenarios"] });
    },
  });
  return (
    <div role="group" aria-label="Delete" className="space-y-2 rounded-md border border-line p-3">
      <p>Delete {one.name} and what it came to? The ledger keeps what it was; numbers that it was promoted to stay.</p>
      <div className="flex gap-3">
        <Button main autoFocus disabled={remove.isPending} onClick={() => remove.mutate()}>
          Delete it
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
      {remove.error && <Failure error={remove.error} />}
    </div>
  );
}
