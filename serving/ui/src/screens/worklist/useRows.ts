import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useShortcuts } from "../../layout/shortcuts";
import { skuOf } from "../links";
import { currentCycle, forecastOfSku, historyOfSku } from "../questions";
import type { Act } from "./Marking";
import type { Item } from "./marks";

function isSame(one: Item, other: Item): boolean {
  return one.rule === other.rule && one.node === other.node && one.level === other.level && one.hierarchy === other.hierarchy;
}

/**
 * The row that j and k have moved to, with the keyboard; Enter opens it, a, s and t mark it. Rows come with what their
 * pages ask first.
 */
export function useRows(items: readonly Item[], list: RefObject<HTMLElement | null>, act: (item: Item, what: Act) => boolean) {
  const [place, setPlace] = useState(-1);
  const seen = useRef(items);
  const last = useRef<Item | null>(null);
  const go = useNavigate();
  const queries = useQueryClient();
  const cycle = useQuery(currentCycle).data;
  const focus = useCallback(
    (row: number) => {
      // Else Enter would still be for the link or button that was used before.
      const link = list.current?.querySelectorAll("tbody tr")[row]?.querySelector("a");
      (link ?? document.getElementById("undo-mark"))?.focus();
    },
    [list],
  );
  const acted = useCallback(
    (row: number, what: Act) => {
      const item = items[row];
      if (!item || document.querySelector("dialog[open]") || !act(item, what)) return false;
      setPlace(row);
      last.current = item;
      return true;
    },
    [items, act],
  );
  useEffect(() => {
    const chosen = seen.current[place];
    if (seen.current === items) return;
    seen.current = items;
    if (!chosen) return;
    const now = items.findIndex((one) => isSame(one, chosen));
    const marked = last.current !== null && isSame(last.current, chosen) && (now < 0 || items[now]?.mark?.number !== chosen.mark?.number);
    if (marked && !document.querySelector("dialog[open]")) {
      // A row that was set aside is gone: the next one stands in its place, and has the keyboard.
      last.current = null;
      const row = Math.min(place, items.length - 1);
      setPlace(row);
      focus(row);
    } else setPlace(now); // Others mark rows as well: keys go on meaning the row that was chosen, or none.
  }, [items, place, focus]);
  const actions = useMemo(() => {
    const move = (step: number) => {
      const next = Math.max(0, Math.min(items.length - 1, place + step));
      const item = items[next];
      setPlace(next);
      focus(next);
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
    return {
      j: () => move(1),
      k: () => move(-1),
      Enter: open,
      a: () => acted(place, "accept"),
      s: () => acted(place, "snooze"),
      t: () => acted(place, "assign"),
    };
  }, [items, place, go, queries, cycle, focus, acted]);
  useShortcuts(actions);
  return { place, acted };
}
