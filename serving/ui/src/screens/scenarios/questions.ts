import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, tagged, type Schemas } from "../../api/client";

export type Scenario = Schemas["Scenario"];
export const UP_TO_DATE = "up to date";
const LOOK_AGAIN = 3000;

export const scenarios = queryOptions({
  queryKey: ["scenarios", "list"],
  queryFn: () => answer(api.GET("/v1/scenarios")),
  refetchInterval: ({ state }) => (state.data?.scenarios.some((one) => one.waits_since) ? 5 * LOOK_AGAIN : false),
});

/** One scenario; while it waits for the graph, it is looked at every few seconds. */
export function scenario(name: string) {
  return queryOptions({
    queryKey: ["scenarios", "one", name],
    queryFn: () => answer(api.GET("/v1/scenarios/{name}", { params: { path: { name } } })),
    refetchInterval: ({ state }) => (state.data?.waits_since ? LOOK_AGAIN : false),
  });
}

/** Where scenarios are compared. */
export interface Place {
  hierarchy?: string;
  level: string;
}

/** Rows that are asked for at most, those with the biggest difference first. */
export const MOST_ROWS = 5000;

export function comparison(name: string, beside: string[], { hierarchy, level }: Place, node?: string) {
  return queryOptions({
    queryKey: ["scenarios", "comparison", name, beside, hierarchy, level, node],
    queryFn: () =>
      answer(
        api.GET("/v1/scenarios/{name}/comparison", {
          params: { path: { name }, query: { beside, hierarchy, level, node, limit: MOST_ROWS } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** The state of planners' numbers that a promotion says it has seen, and what it may give as its reason. */
export const numbersSeen = queryOptions({
  queryKey: ["scenarios", "numbers"],
  queryFn: () => tagged(api.GET("/v1/overrides", { params: { query: { limit: 1 } } })),
  staleTime: 0,
});
