import { useMemo, type RefObject } from "react";
import { useShortcuts } from "./shortcuts";

/** j and k go through the links that name the rows of a table; Enter opens the one that has the keyboard. */
export function useWalking(list: RefObject<HTMLElement | null>): void {
  const actions = useMemo(() => {
    const move = (step: number) => {
      const links = [...(list.current?.querySelectorAll<HTMLElement>("tbody th a, tbody th button") ?? [])];
      const at = links.findIndex((one) => one === document.activeElement);
      const next = links[Math.max(0, Math.min(links.length - 1, at + step))];
      next?.focus();
      return next !== undefined;
    };
    return { j: () => move(1), k: () => move(-1) };
  }, [list]);
  useShortcuts(actions);
}
