import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState, type RefObject } from "react";
import type { Schemas } from "../../api/client";
import { useShortcuts } from "../../layout/shortcuts";
import { bucket } from "../../format/dates";
import { count, money, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table, type Column } from "../../parts/Table";
import { TAB } from "../../parts/tab";
import { ItemLink } from "../ItemLink";
import { skuOf } from "../links";
import { currentCycle, forecastOfSku, historyOfSku, worklist } from "../questions";
import { Counters } from "./Counters";
import { RULES, ruleName } from "./rules";
import { Sparkline } from "./Sparkline";

type Item = Schemas["WorklistItem"];
const route = getRouteApi("/");

const COLUMNS: Column<Item>[] = [
  { name: "node", title: "Item", cell: (item) => <ItemLink {...item} /> },
  { name: "rule", title: "Why", cell: (item) => <Badge>{ruleName(item.rule)}</Badge> },
  { name: "picture", title: "Sold, and published", cell: ({ sold, published }) => <Sparkline sold={sold} published={published} /> },
  { name: "words", title: "In words", cell: (item) => item.words },
  { name: "units", title: "At stake (units)", numeric: true, cell: (item) => units(item.units) },
  { name: "money", title: "At stake (money)", numeric: true, cell: (item) => money(item.money) },
];

/** What to look at first, by the money at stake. */
export function WorklistScreen() {
  const { rule, cursor } = route.useSearch();
  const found = useQuery(worklist(rule, cursor));
  return (
    <>
      <Heading title="Worklist">{found.data && `cycle of ${bucket(found.data.cycle)}`}</Heading>
      <Counters />
      <Rules chosen={rule} />
      <Asked of={found} lines={12}>
        {(page) => <Items page={page} later={cursor !== undefined} stale={found.isPlaceholderData} />}
      </Asked>
    </>
  );
}

function Rules({ chosen }: { chosen?: string }) {
  return (
    <nav aria-label="Rules" className="mb-4 flex flex-wrap gap-2">
      {[undefined, ...Object.keys(RULES)].map((rule) => (
        <Link
          key={rule ?? "all"}
          to="/"
          search={{ rule }}
          {...TAB}
        >
          {rule === chosen && <span aria-hidden="true">✓ </span>}
          {rule ? ruleName(rule) : "All"}
        </Link>
      ))}
    </nav>
  );
}

function Items({ page, later, stale }: { page: Schemas["Worklist"]; later: boolean; stale: boolean }) {
  const { rule } = route.useSearch();
  const list = useRef<HTMLDivElement>(null);
  const place = useRows(page.items, list);
  if (page.items.length === 0) {
    return <Notice title="Nothing to look at">{rule ? "No exception of this rule in this cycle." : "No exceptions in this cycle."}</Notice>;
  }
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
  return (
    <div ref={list} aria-busy={stale} className={`rounded-lg border border-line bg-surface p-2 ${stale ? "opacity-60" : ""}`}>
      <Table caption="Exceptions by money at stake" columns={[rank, ...COLUMNS]} rows={page.items} keyOf={(item) => item.rank} />
      <div className="flex flex-wrap items-center justify-between gap-3 p-2 text-soft">
        <span>
          {count(page.items[0]?.rank)} to {count(page.items.at(-1)?.rank)}; {count(page.total)} in all
        </span>
        <span className="flex gap-4">
          {later && (
            <Link to="/" search={{ rule }} className="text-accent underline">
              First page
            </Link>
          )}
          {page.next && (
            <Link to="/" search={{ rule, cursor: page.next }} className="text-accent underline">
              Next page
            </Link>
          )}
        </span>
      </div>
    </div>
  );
}

/** Place of the row that j and k have moved to, with the keyboard; Enter opens it. Rows come with what their pages ask first. */
function useRows(items: readonly Item[], list: RefObject<HTMLElement | null>): number {
  const [place, setPlace] = useState(-1);
  const go = useNavigate();
  const queries = useQueryClient();
  const cycle = useQuery(currentCycle).data;
  const actions = useMemo(() => {
    const move = (step: number) => {
      const next = Math.max(0, Math.min(items.length - 1, place + step));
      const item = items[next];
      setPlace(next);
      // Else Enter would still be for the link or button that was used before.
      list.current?.querySelectorAll("tbody tr")[next]?.querySelector("a")?.focus();
      if (cycle && item?.level === "series") {
        const sku = skuOf(item.node, cycle.key);
        void queries.prefetchQuery(forecastOfSku(sku));
        void queries.prefetchQuery(historyOfSku(sku));
      }
    };
    const open = () => {
      const item = items[place];
      if (!item) return false;
      if (item.level !== "series") return go({ to: "/nodes/$hierarchy/$node", params: { hierarchy: item.hierarchy, node: item.node } });
      return cycle ? go({ to: "/skus/$sku", params: { sku: skuOf(item.node, cycle.key) }, search: { series: item.node } }) : false;
    };
    return { j: () => move(1), k: () => move(-1), Enter: open };
  }, [items, list, place, go, queries, cycle]);
  useShortcuts(actions);
  return place;
}

function Badge({ children }: { children: string }) {
  return <span className="rounded border border-line px-1.5 py-0.5 text-sm whitespace-nowrap">{children}</span>;
}
