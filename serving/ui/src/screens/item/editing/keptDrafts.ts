import { useMemo, useSyncExternalStore } from "react";
import { emptyDraft, type Draft } from "./draft";

const KEY = "demand-planner.draft";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The draft in a text that was kept; an empty one where there is none or it cannot be read. */
export function draftIn(kept: string | null): Draft {
  try {
    const found: unknown = JSON.parse(kept ?? "null");
    return typeof found === "object" && found !== null ? { ...emptyDraft(), ...found } : emptyDraft();
  } catch {
    return emptyDraft();
  }
}

/** The draft of an item. It outlives a reload, not the tab; each user has their own. */
export function useDraft(user: string, hierarchy: string, node: string) {
  const name = [KEY, user, hierarchy, node].join("\n");
  const kept = useSyncExternalStore(subscribe, () => sessionStorage.getItem(name));
  return useMemo(() => {
    const tell = () => listeners.forEach((listener) => listener());
    return {
      draft: draftIn(kept),
      /** Changes what is kept by now, which an event may have changed before; null drops it. */
      keep(make: (draft: Draft) => Draft | null) {
        const made = make(draftIn(sessionStorage.getItem(name)));
        if (made === null) sessionStorage.removeItem(name);
        else sessionStorage.setItem(name, JSON.stringify(made));
        tell();
      },
    };
  }, [kept, name]);
}
