import { useMemo, useSyncExternalStore } from "react";
import { useAsking } from "./useAsking";

const PREFIX = "demand-planner.kept";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // What another tab keeps in the browser is told by this event.
  addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}

/** What a text that was kept says, filled up with what an older form of it lacks; `empty` where it cannot be read. */
export function keptIn<Value extends object>(text: string | null, empty: Value): Value {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    return typeof found === "object" && found !== null ? { ...empty, ...found } : empty;
  } catch {
    return empty;
  }
}

/** What somebody typed and did not send yet, for them alone: it outlives a reload and not the tab. What they want to find again
 *  is kept in the `browser`. `keep(null)` drops it. `empty` is the same object at each call. */
export function useKept<Value extends object>(what: string, empty: Value, where: "tab" | "browser" = "tab") {
  const user = useAsking().data?.name ?? "";
  const storage = where === "tab" ? sessionStorage : localStorage;
  const name = [PREFIX, user, what].join("\n");
  const text = useSyncExternalStore(subscribe, () => storage.getItem(name));
  return useMemo(() => {
    const keep = (next: Value | null) => {
      if (next === null) storage.removeItem(name);
      else storage.setItem(name, JSON.stringify(next));
      listeners.forEach((listener) => listener());
    };
    return { kept: keptIn(text, empty), isKept: text !== null, keep };
  }, [storage, name, text, empty]);
}
