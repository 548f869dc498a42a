import { useState } from "react";

const KEY = "demand-planner.kept";

/** Something typed that outlives a reload, not the tab; null drops it. */
export function useKept<Kept extends object>(name: string, empty: Kept): [Kept, (next: Kept | null) => void] {
  const place = `${KEY}\n${name}`;
  const [value, setValue] = useState<Kept>(() => {
    try {
      return { ...empty, ...(JSON.parse(sessionStorage.getItem(place) ?? "null") as Partial<Kept> | null) };
    } catch {
      return empty;
    }
  });
  const keep = (next: Kept | null) => {
    setValue(next ?? empty);
    if (next === null) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify(next));
  };
  return [value, keep];
}
