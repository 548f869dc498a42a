import { useQuery } from "@tanstack/react-query";
import { cycles } from "../questions";

/** The newest cycle before one that can still be read; undefined where there is none, or while it is looked for. */
export function usePrevious(cycle: string): string | undefined {
  return useQuery(cycles).data?.cycles.findLast((one) => one.bundled && one.cycle < cycle)?.cycle;
}
