import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

const PAGE = 1000;
const MOST_PAGES = 5;

/** What is right below a node; or a whole level, where one is named. */
export interface Below {
  hierarchy: string;
  parent?: string;
  level?: string;
}

export interface Rollups {
  cycle: string;
  leads: string[];
  nodes: Schemas["Node"][];
  total: number;
}

/** Nodes with their numbers, 5,000 at most. */
export function rollups({ hierarchy, parent, level }: Below) {
  return queryOptions({
    queryKey: ["nodes", "numbers", hierarchy, parent, level],
    queryFn: async (): Promise<Rollups> => {
      const nodes: Schemas["Node"][] = [];
      let cursor: string | undefined;
      for (let page = 1; ; page += 1) {
        const query = { parent, level, numbers: true, limit: PAGE, cursor };
        const found = await answer(api.GET("/v1/hierarchies/{name}/nodes", { params: { path: { name: hierarchy }, query } }));
        nodes.push(...found.nodes);
        if (!found.next || page === MOST_PAGES) return { cycle: found.cycle, leads: found.leads, nodes, total: found.total };
        cursor = found.next;
      }
    },
    enabled: hierarchy !== "",
  });
}

/** Planners' numbers that hold in a hierarchy; `state` is that of the node looked at, so that a change of it is seen. */
export function numbersOf(hierarchy: string, state: string) {
  return queryOptions({
    queryKey: ["cells", "all of", hierarchy, state],
    queryFn: () => answer(api.GET("/v1/overrides", { params: { query: { hierarchy, limit: 1000 } } })),
    enabled: hierarchy !== "",
  });
}
