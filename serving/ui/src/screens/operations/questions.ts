import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export type Card = Schemas["CycleCard"];
export type LedgerRow = Schemas["LedgerRow"];
export type Account = Schemas["User"];
export type ApiKey = Schemas["ApiKey"];

/** Scores of all items of a cycle; a problem where it was not scored. */
export function scoreOf(cycle: string) {
  return queryOptions({
    queryKey: ["operations", "score", cycle],
    queryFn: () => answer(api.GET("/v1/accuracy", { params: { query: { cycle, level: "total", lead: 0, limit: 1 } } })),
  });
}

export const bundles = queryOptions({
  queryKey: ["operations", "bundles"],
  queryFn: () => answer(api.GET("/v1/cycles/bundles")),
});

export const health = queryOptions({
  queryKey: ["operations", "health"],
  queryFn: () => answer(api.GET("/healthz")),
  refetchInterval: 30_000,
});

interface LedgerAsked {
  user?: string;
  action?: string;
  subject?: string;
  text?: string;
  first?: string;
  last?: string;
  cursor?: string;
}

export function ledgerOf(asked: LedgerAsked) {
  return queryOptions({
    queryKey: ["operations", "ledger", asked],
    queryFn: () => answer(api.GET("/v1/ledger", { params: { query: { ...asked, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });
}

export function alertsOf(every: boolean, cursor?: string) {
  return queryOptions({
    queryKey: ["operations", "alerts", every, cursor],
    queryFn: () => answer(api.GET("/v1/alerts", { params: { query: { ...(every ? {} : { state: "open" as const }), cursor, limit: 50 } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}

export const users = queryOptions({
  queryKey: ["operations", "users"],
  queryFn: () => answer(api.GET("/v1/users")),
});

export function keysOf(all: boolean) {
  return queryOptions({
    queryKey: ["operations", "keys", all],
    queryFn: () => answer(api.GET("/v1/keys", { params: { query: { all } } })),
    placeholderData: keepPreviousData,
  });
}

export const thresholds = queryOptions({
  queryKey: ["operations", "thresholds"],
  queryFn: () => answer(api.GET("/v1/thresholds")),
});

export const driftCycles = queryOptions({
  queryKey: ["operations", "drift", "cycles"],
  queryFn: () => answer(api.GET("/v1/drift/cycles")),
});

/** Everything that was compared in a cycle. */
export function driftOf(cycle: string) {
  return queryOptions({
    queryKey: ["operations", "drift", cycle],
    queryFn: () => answer(api.GET("/v1/drift", { params: { query: { cycle } } })),
  });
}
