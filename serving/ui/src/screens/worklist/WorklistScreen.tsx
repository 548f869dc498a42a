import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useCallback, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count, money, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table, type Column } from "../../parts/Table";
import { TAB } from "../../parts/tab";
import { useAsking, useMay } from "../../session/useAsking";
import { ItemLink } from "../ItemLink";
import { worklist } from "../questions";
import { Counters } from "./Counters";
import { Acts, Assign, DoneLast, Snooze, type Act } from "./Marking";
import { saidOf, toldOf, type Item, type Says } from "./marks";
import { RULES, ruleName } from "./rules";
import type { WorklistSearch } from "./search";
import { Sparkline } from "./Sparkline";
import { useMarking, type Marking } from "./useMarking";
import { useRows } from "./useRows";

const route = getRouteApi("/");

const COLUMNS: Column<Item>[] = [
  { name: "node", title: "Item", cell: (item) => <ItemLink {...item} /> },
  { name: "rule", title: "Why", cell: (item) => <Badge>{ruleName(item.rule)}</Badge> },
  { name: "picture", title: "Sold, and published", cell: ({ sold, published }) => <Sparkline sold={sold} published={published} /> },
  { name: "words", title: "In words", cell: (item) => <Words item={item} /> },
  { name: "units", title: "At stake (units)", numeric: true, cell: (item) => units(item.units) },
  { name: "money", title: "At stake (money)", numeric: true, cell: (item) => money(item.money) },
];

/** What to look at first, by the money at stake. */
export function WorklistScreen() {
  const search = route.useSearch();
  const found = useQuery(worklist(search));
  const marking = useMarking(found.data?.cycle);
  return (
    <>
      <Heading title="Worklist">{found.data && `cycle of ${bucket(found.data.cycle)}`}</Heading>
      <Counters />
      <Rules search={search} />
      <Whose search={search} aside={found.data?.aside} />
      <DoneLast marking={marking} />
      <Asked of={found} lines={12}>
        {(page) => (
          <>
            {!page.marks_known && <MarksUnknown />}
            <Items page={page} search={search} stale={found.isPlaceholderData} marking={marking} />
          </>
        )}
      </Asked>
    </>
  );
}

function Rules({ search: { rule: chosen, whose, aside } }: { search: WorklistSearch }) {
  return (
    <nav aria-label="Rules" className="mb-4 flex flex-wrap gap-2">
      {[undefined, ...Object.keys(RULES)].map((rule) => (
        <Link
          key={rule ?? "all"}
          to="/"
          search={{ rule, whose, aside }}
          {...TAB}
        >
          {rule === chosen && <span aria-hidden="true">✓ </span>}
          {rule ? ruleName(rule) : "All"}
        </Link>
      ))}
    </nav>
  );
}

const WHOSE: [WorklistSearch["whose"], string][] = [
  [undefined, "Everybody’s"],
  ["mine", "Mine"],
  ["unassigned", "Unassigned"],
];

/** Whose items are listed, and whether those that were set aside are. */
function Whose({ search: { rule, whose: chosen, aside }, aside: many }: { search: WorklistSearch; aside?: number }) {
  const signedIn = useAsking().data?.signed_in;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-6 gap-y-2">
      {signedIn && (
        <nav aria-label="Whose" className="flex flex-wrap gap-2">
          {WHOSE.map(([whose, title]) => (
            <Link key={title} to="/" search={{ rule, whose, aside }} {...TAB}>
              {whose === chosen && <span aria-hidden="true">✓ </span>}
              {title}
            </Link>
          ))}
        </nav>
      )}
      <Link to="/" search={{ rule, whose: chosen, aside: aside ? undefined : true }} className="text-accent underline">
        {aside ? "Hide" : "Show"} what was set aside{many !== undefined && ` (${count(many)})`}
      </Link>
    </div>
  );
}

function MarksUnknown() {
  return (
    <div className="mb-3">
      <Notice title="Marks are not known just now">
        The planning database does not answer, so everything is listed, also what was accepted or snoozed. Nothing was lost; reload in a while.
      </Notice>
    </div>
  );
}

function Nothing({ page: { aside: many }, search: { rule, whose, aside } }: { page: Schemas["Worklist"]; search: WorklistSearch }) {
  const of = rule ? ` of this rule` : "";
  if (many > 0 && !aside)
    return (
      <Notice title="Nothing left to look at">
        {`${many === 1 ? "One exception" : `${count(many)} exceptions`}${of} of this cycle ${many === 1 ? "was" : "were"} accepted or snoozed. `}
        <Link to="/" search={{ rule, whose, aside: true }} className="text-accent underline">
          Show what was set aside
        </Link>
      </Notice>
    );
  if (whose === "mine") return <Notice title="Nothing is assigned to you">{`No exception${of} in this cycle; what others assign to you comes here.`}</Notice>;
  if (whose === "unassigned") return <Notice title="Nothing is unassigned">{`Every exception${of} in this cycle is somebody’s, or there is none.`}</Notice>;
  return <Notice title="Nothing to look at">{rule ? "No exception of this rule in this cycle." : "No exceptions in this cycle."}</Notice>;
}

interface ItemsProps {
  page: Schemas["Worklist"];
  search: WorklistSearch;
  stale: boolean;
  marking: Marking;
}

function Items({ page, search, stale, marking }: ItemsProps) {
  const list = useRef<HTMLDivElement>(null);
  const mayPlan = useMay("plan") && page.marks_known;
  const [asks, setAsks] = useState<{ item: Item; what: Act } | null>(null);
  const { mark } = marking;
  const act = useCallback(
    (item: Item, what: Act) => {
      if (!mayPlan || !item.inside) return false;
      const said = saidOf(item.mark);
      if (what === "snooze" || what === "assign") setAsks({ item, what });
      else if (what === "back") mark(item, { ...said, state: null, until: null });
      else if (said.state !== "accepted") mark(item, { ...said, state: "accepted", until: null });
      else return false;
      return true;
    },
    [mayPlan, mark],
  );
  const { place, acted } = useRows(page.items, list, act);
  if (page.items.length === 0) return <Nothing page={page} search={search} />;
  const asking = asks && { item: asks.item, save: (says: Says) => mark(asks.item, says), close: () => setAsks(null) };
  const rank: Column<Item> = {
    name: "rank",
    title: "Rank",
    cell: (item) => (
      <span className="tabular-nums">
        {page.items[place] === item && <span className="text-accent">▸ </span>}
        {count(item.rank)}
      </span>
    ),
  };
  const acts: Column<Item> = {
    name: "acts",
    title: "Do",
    cell: (item) => (item.inside ? <Acts item={item} act={(what) => acted(page.items.indexOf(item), what)} /> : null),
  };
  const columns = [rank, ...COLUMNS, ...(mayPlan ? [acts] : [])];
  return (
    <div ref={list} aria-busy={stale} className={`rounded-lg border border-line bg-surface p-2 ${stale ? "opacity-60" : ""}`}>
      <Table caption="Exceptions by money at stake" columns={columns} rows={page.items} keyOf={(item) => item.rank} />
      <Pages next={page.next} later={search.cursor !== undefined}>
        Ranks {count(page.items[0]?.rank)} to {count(page.items.at(-1)?.rank)}; {count(page.total)} in all
      </Pages>
      {asking && asks?.what === "snooze" && <Snooze {...asking} cycle={page.cycle} />}
      {asking && asks?.what === "assign" && <Assign {...asking} />}
    </div>
  );
}

/** The reason, and below it what planners said of it. */
function Words({ item: { words, mark } }: { item: Item }) {
  return (
    <div className="min-w-36 wrap-break-word">
      {words}
      {mark && <p className="text-sm text-soft">{toldOf(mark)}</p>}
    </div>
  );
}

function Badge({ children }: { children: string }) {
  return <span className="rounded border border-line px-1.5 py-0.5 text-sm whitespace-nowrap">{children}</span>;
}
