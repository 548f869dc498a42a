import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Schemas } from "../../api/client";
import { bucket, instant } from "../../format/dates";
import { count, units } from "../../format/numbers";
import { Card } from "../../parts/Card";
import { Failure, Notice, Skeleton } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { useMay } from "../../session/useAsking";
import { Kind } from "../../parts/Lock";
import { EffectLevels } from "../EffectLevels";
import { Sentences } from "../item/editing/EffectView";
import { ItemLink } from "../ItemLink";
import { namesOf } from "../links";
import { numberIn, whyOf } from "../plannersNumbers";
import type { Show } from "./ApprovalsScreen";
import { Decide } from "./Decide";
import { effectOf, proposals, type Proposal } from "./questions";
import { aboutOf, refusalsOf, stateOf, type Looker } from "./refusals";

const route = getRouteApi("/approvals");

/** The proposal that the address names, wherever it stands by now. */
export function Chosen({ number, user }: { number: number; user: string }) {
  const { show = "waiting", cursor } = route.useSearch();
  const mayPlan = useMay("plan");
  const asked = (here: Show) => ({ user: show === "mine" ? user : undefined, cursor: show === here || (show === "mine" && here === "decided") ? cursor : undefined });
  const waits = useQuery(proposals({ decided: false, ...asked("waiting") }));
  const waiting = waits.data?.proposals.find((one) => one.proposal === number);
  const ended = useQuery({ ...proposals({ decided: true, ...asked("decided") }), enabled: waits.isSuccess && !waiting });
  const found = waiting ?? ended.data?.proposals.find((one) => one.proposal === number);
  const place = useRef<HTMLDivElement>(null);
  const state = found ? stateOf(found) : null;
  // Whoever opened it or decided on it reads on here.
  useEffect(() => {
    if (state !== null) place.current?.focus();
  }, [number, state]);
  if (waits.error) return null; // the list below says why
  if (!found && (waits.isPending || ended.isFetching)) return <Skeleton lines={6} />;
  if (!found || !waits.data)
    return (
      <div className="mt-4">
        <Notice title={`Proposal ${number} is not here`}>
          There is none of that number that you may see, or it is older than those that are listed; the ledger has all of them.
        </Notice>
      </div>
    );
  const looker: Looker = { name: user, mayPlan, approval: waits.data.approval, cycle: waits.data.cycle };
  return (
    <div ref={place} tabIndex={-1} className="mt-4 scroll-mt-16 outline-none">
      <Card
        title={`Proposal ${number}: ${aboutOf(found)}`}
        aside={
          <Link to="/approvals" search={(now) => ({ ...now, proposal: undefined })} className="text-accent underline">
            Close
          </Link>
        }
      >
        <p className="mb-3 text-soft">
          {found.user === user ? "You" : found.user} proposed {found.total === 1 ? "1 number" : `${count(found.total)} numbers`}
          {found.proposed_at && ` on ${instant(found.proposed_at)}`}, for the cycle of {bucket(found.cycle)}. <span role="status">{told(found)}</span>
        </p>
        {found.decision ? <Numbers proposal={found} /> : <Waiting key={number} proposal={found} looker={looker} />}
      </Card>
    </div>
  );
}

function told(proposal: Proposal): string {
  const { decision } = proposal;
  if (!decision) return "";
  const then = decision.approved ? " Its numbers hold, unless somebody changed them since, and are published when the graph has taken them in." : " None of its numbers was set.";
  return `${stateOf(proposal)}, ${instant(decision.at)}.${then}`;
}

function Waiting({ proposal, looker }: { proposal: Proposal; looker: Looker }) {
  const asks = looker.mayPlan && proposal.is_current;
  const effect = useQuery({ ...effectOf(proposal.proposal), enabled: asks });
  return (
    <>
      <Decide
        proposal={proposal}
        refusals={refusalsOf(proposal, looker, effect.data)}
        isOwn={proposal.user === looker.name}
        isSeen={!asks || effect.isSuccess || effect.isError}
      />
      <Numbers proposal={proposal} effect={effect.data} />
      {asks && (
        <section aria-label="What it would do" className="my-4 space-y-4">
          <h3 className="font-semibold">What it would do</h3>
          {effect.error && <Failure error={effect.error} retry={() => void effect.refetch()} />}
          {effect.isFetching && !effect.data && (
            <>
              <p className="text-soft">The forecast is reconciled under it, in memory; that takes some seconds.</p>
              <Skeleton lines={4} />
            </>
          )}
          {effect.data && <Effect effect={effect.data} />}
        </section>
      )}
    </>
  );
}

function Effect({ effect }: { effect: Schemas["Preview"] }) {
  return (
    <>
      <Sentences title="Cannot be kept" sentences={effect.conflicts} bad />
      <Sentences title="Would be replaced" sentences={effect.replaced.map(numberIn)} />
      <EffectLevels effect={effect} />
    </>
  );
}

type Number = Proposal["numbers"][number];

function Numbers({ proposal, effect }: { proposal: Proposal; effect?: Schemas["Preview"] }) {
  const levelOf = (number: Number) =>
    effect?.effect.find((one) => one.node === number.node && (one.hierarchy === number.hierarchy || one.level === "series"))?.level;
  const { numbers, total } = proposal;
  return (
    <>
      <h3 className="mt-4 font-semibold">Its numbers</h3>
      <Table
        caption="Numbers of the proposal"
        rows={numbers}
        keyOf={(one) => `${one.hierarchy} ${one.node} ${one.bucket_start}`}
        columns={[
          {
            name: "node",
            title: "Node or series",
            cell: (one) => {
              const level = levelOf(one);
              return level ? <ItemLink hierarchy={one.hierarchy} level={level} node={one.node} /> : namesOf(one.node).join(" › ");
            },
          },
          { name: "bucket", title: "Bucket", cell: (one) => bucket(one.bucket_start) },
          { name: "units", title: "Units", numeric: true, cell: (one) => units(one.quantity) },
          { name: "kind", title: "Kind", cell: (one) => <Kind lock={one.lock} /> },
          { name: "why", title: "Why", cell: whyOf },
        ]}
      />
      {total > numbers.length && <p className="mt-2 text-soft">The first {count(numbers.length)} of {count(total)}.</p>}
    </>
  );
}
