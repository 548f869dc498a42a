import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useRef } from "react";
import type { Schemas } from "../../api/client";
import { bucket, instant } from "../../format/dates";
import { count } from "../../format/numbers";
import { useWalking } from "../../layout/walking";
import { Asked } from "../../parts/Asked";
import { Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table } from "../../parts/Table";
import { TAB } from "../../parts/tab";
import { useAsking } from "../../session/useAsking";
import { Chosen } from "./Chosen";
import { proposals, type Proposal } from "./questions";
import { aboutOf, reasonsOf, stateOf } from "./refusals";

export type Show = "waiting" | "mine" | "decided";
const route = getRouteApi("/approvals");
const RULES: Record<Schemas["Proposals"]["approval"], string> = {
  none: "Numbers hold as soon as they are saved; none waits for approval.",
  review: "A number holds once a planner has approved it, which may be who proposed it.",
  four_eyes: "Four eyes: a number holds once another planner has approved it.",
};
const TABS: [Show, string][] = [
  ["waiting", "Waiting"],
  ["mine", "Your own"],
  ["decided", "Decided"],
];

function ruleOf({ approval, total }: Schemas["Proposals"]): string {
  if (approval === "none" && total > 0) return "Numbers hold as soon as they are saved; these were proposed while they had to be approved.";
  return RULES[approval];
}

/** Numbers that planners proposed: what waits, what each would do, and what became of it. */
export function ApprovalsScreen() {
  const asking = useAsking().data;
  if (!asking) return null;
  if (!asking.signed_in)
    return (
      <>
        <Heading title="Approvals" />
        <Notice title="Nothing is approved on an open API">
          The API is open on this machine, and so is read only. Start it with DP_API_ACCESS=keys and sign in.
        </Notice>
      </>
    );
  return <Approvals user={asking.name} />;
}

function Approvals({ user }: { user: string }) {
  const { show = "waiting", proposal, cursor } = route.useSearch();
  const waits = useQuery(proposals({ decided: false, cursor: show === "waiting" ? cursor : undefined }));
  return (
    <>
      <Heading title="Approvals">{waits.data && `cycle of ${bucket(waits.data.cycle)}`}</Heading>
      {waits.data && <p className="mb-4 text-soft">{ruleOf(waits.data)}</p>}
      <nav aria-label="Which proposals" className="mb-4 flex flex-wrap gap-2">
        {TABS.map(([name, title]) => (
          <Link
            key={name}
            to="/approvals"
            search={{ show: name === "waiting" ? undefined : name }}
            {...TAB}
          >
            {name === show && <span aria-hidden="true">✓ </span>}
            {title}
            {name === "waiting" && waits.data ? ` (${count(waits.data.total)})` : ""}
          </Link>
        ))}
      </nav>
      {show === "mine" ? (
        <Own user={user} cursor={cursor} />
      ) : show === "decided" ? (
        <Decided cursor={cursor} />
      ) : (
        <Asked of={waits} lines={8}>
          {(page) => <Listed page={page} none={`Nothing waits. ${page.approval === "none" ? "" : "What planners propose on the page of an item comes here."}`} user={user} />}
        </Asked>
      )}
      {proposal !== undefined && <Chosen number={proposal} user={user} />}
    </>
  );
}

/** What somebody proposed: those that wait first. */
function Own({ user, cursor }: { user: string; cursor?: string }) {
  const waits = useQuery(proposals({ decided: false, user }));
  const ended = useQuery(proposals({ decided: true, user, cursor }));
  return (
    <Asked of={waits} lines={8}>
      {(first) => (
        <Asked of={ended} lines={8}>
          {(then) => {
            const page = { ...then, total: first.total + then.total, proposals: cursor ? then.proposals : [...first.proposals, ...then.proposals] };
            return <Listed page={page} none="You have proposed nothing yet." user={user} />;
          }}
        </Asked>
      )}
    </Asked>
  );
}

function Decided({ cursor }: { cursor?: string }) {
  const found = useQuery(proposals({ decided: true, cursor }));
  return (
    <Asked of={found} lines={8}>
      {(page) => <Listed page={page} none="Nothing was decided on yet." />}
    </Asked>
  );
}

function Listed({ page, none, user }: { page: Schemas["Proposals"]; none: string; user?: string }) {
  const { proposal: chosen, cursor } = route.useSearch();
  const list = useRef<HTMLDivElement>(null);
  useWalking(list);
  if (page.proposals.length === 0) return <Notice title="Nothing here">{none}</Notice>;
  return (
    <div ref={list} className="rounded-lg border border-line bg-surface p-2">
      <Table
        caption="Proposals"
        rows={page.proposals}
        keyOf={(one) => one.proposal}
        columns={[
          { name: "proposal", title: "Proposal", cell: (one) => <Name proposal={one} chosen={one.proposal === chosen} /> },
          { name: "about", title: "About", cell: (one) => aboutOf(one) },
          { name: "numbers", title: "Numbers", numeric: true, cell: (one) => count(one.total) },
          { name: "why", title: "Why", cell: (one) => reasonsOf(one) },
          { name: "who", title: "By", cell: (one) => (one.user === user ? `${one.user} (you)` : one.user) },
          { name: "when", title: "When", cell: (one) => (one.proposed_at ? instant(one.proposed_at) : "–") },
          { name: "state", title: "State", cell: (one) => stateOf(one) },
        ]}
      />
      <Pages next={page.next} later={cursor !== undefined}>
        {count(page.proposals.length)} of {count(page.total)}
      </Pages>
    </div>
  );
}

function Name({ proposal, chosen }: { proposal: Proposal; chosen: boolean }) {
  return (
    <Link
      to="/approvals"
      search={(now) => ({ ...now, proposal: proposal.proposal })}
      aria-current={chosen ? "true" : undefined}
      className="font-medium text-accent underline-offset-2 hover:underline"
    >
      {chosen && <span aria-hidden="true">▸ </span>}
      {`No. ${proposal.proposal}`}
    </Link>
  );
}
