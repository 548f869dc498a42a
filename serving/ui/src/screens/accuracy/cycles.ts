import { answer, api, type Schemas } from "../../api/client";

type Score = Schemas["Score"];
/** Pages that are read of one level at most: 20,000 nodes. */
const PAGES = 20;

/** Cycles that were scored, the newest first. */
export function scoredIn(cycles: Pick<Schemas["Cycles"], "cycles"> | undefined): string[] {
  return (cycles?.cycles ?? []).filter((one) => one.scored).map((one) => one.cycle).reverse();
}

/** Every score of a level, page after page. */
export function allScores(cycle: string, level: string, lead: number) {
  return {
    queryKey: ["accuracy", "all", cycle, level, lead],
    queryFn: async () => {
      const found: Score[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < PAGES; page += 1) {
        const came = await answer(api.GET("/v1/accuracy", { params: { query: { cycle, level, lead, cursor, limit: 1000 } } }));
        found.push(...came.scores);
        if (!came.next) break;
        cursor = came.next;
      }
      return found;
    },
    staleTime: 60_000,
  };
}

/** A node whose error changed from one cycle to the next. */
export interface Move {
  hierarchy: string;
  node: string;
  before: number;
  after: number;
  /** Units of error more than there would have been at the error of the cycle before; below 0 is better. */
  units: number;
}

/** Nodes scored in both cycles, the greatest gain first: a change of WAPE counts for as much as is sold there. */
export function movesOf(before: readonly Score[], after: readonly Score[]): Move[] {
  const nameOf = ({ hierarchy, node }: Score) => `${hierarchy}\n${node}`;
  const earlier = new Map(before.map((one) => [nameOf(one), one.metrics.wape]));
  return after
    .flatMap((one): Move[] => {
      const [was, is] = [earlier.get(nameOf(one)), one.metrics.wape];
      if (was == null || is == null) return [];
      return [{ hierarchy: one.hierarchy, node: one.node, before: was, after: is, units: (is - was) * one.actual }];
    })
    .sort((one, other) => one.units - other.units);
}
