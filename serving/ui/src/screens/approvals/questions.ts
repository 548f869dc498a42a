import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export type Proposal = Schemas["Proposal"];

/** How many proposals wait; its one row is not looked at. */
export const waiting = queryOptions({
  queryKey: ["proposals", "count"],
  queryFn: () => answer(api.GET("/v1/proposals", { params: { query: { limit: 1 } } })),
  retry: false,
});

/** Proposals that wait, or those decided on; of one user where one is named. */
export function proposals(asked: { decided: boolean; user?: string; cursor?: string }) {
  return queryOptions({
    queryKey: ["proposals", "list", asked.decided, asked.user, asked.cursor],
    queryFn: () => answer(api.GET("/v1/proposals", { params: { query: { ...asked, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });
}

/** What a proposal would do. It takes a core of the server for seconds, so it is asked for once. */
export function effectOf(proposal: number) {
  return queryOptions({
    queryKey: ["proposals", "effect", proposal],
    queryFn: () => answer(api.POST("/v1/proposals/{number}/preview", { params: { path: { number: String(proposal) } } })),
    staleTime: 5 * 60_000,
    refetchOnWindowFocus: false,
    retry: false,
  });
}
