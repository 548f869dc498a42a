import { useMemo } from "react";
import { useKept } from "../../session/kept";
import { useMay } from "../../session/useAsking";
import type { Found } from "./filters";

const NONE: { ids: string[]; open: boolean } = { ids: [], open: false };

/** The series that a planner has chosen, whatever is shown; they outlive a reload, and who may not plan has none. */
export function useChosen(all: readonly Found[]) {
  const mayPlan = useMay("plan");
  const { kept, keep } = useKept("chosen series", NONE);
  const known = useMemo(() => new Set(all.map(({ series }) => series.series_id)), [all]);
  const chosen = useMemo(() => new Set(kept.ids.filter((id) => known.has(id))), [kept, known]);
  return {
    mayPlan,
    chosen,
    /** Whether the form to change them is open. */
    open: kept.open && chosen.size > 0,
    choose: (next: ReadonlySet<string>) => keep(next.size > 0 ? { ids: [...next], open: kept.open } : null),
    show: (open: boolean) => keep({ ids: [...chosen], open }),
  };
}
