import { useMemo, useSyncExternalStore } from "react";

const PREFIX = "demand-planner.kept";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
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

/** What somebody typed and did not send yet: it outlives a reload and not the tab. `keep(null)` drops it.
 *  `empty` is the same object at each call. */
export function useKept<Value extends object>(user: string, what: string, empty: Value) {
  const name = [PREFIX, user, what].join("\n");
  const text = useSyncExternalStore(subscribe, () => sessionStorage.getItem(name));
  return useMemo(() => {
    const keep = (next: Value | null) => {
      if (next === null) sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, JSON.stringify(next));
      listeners.forEach((listener) => listener());
    };
    return { kept: keptIn(text, empty), isKept: text !== null, keep };
  }, [name, text, empty]);
}
