import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, tagged, type Schemas } from "../api/client";
import type { WorklistSearch } from "./worklist/search";

/** Questions that several screens ask. A key holds everything that its answer depends on. */
export const currentCycle = queryOptions({
  queryKey: ["cycle"],
  queryFn: () => answer(api.GET("/v1/cycles/current")),
});

export const hierarchies = queryOptions({
  queryKey: ["hierarchies"],
  queryFn: () => answer(api.GET("/v1/hierarchies")),
});

/** What to look at first. Its key begins with `worklist`, so that every list is asked for again after a mark. */
export function worklist({ rule, whose, aside, cursor }: WorklistSearch) {
  const of = { rule, cursor, assigned_to: whose === "mine" ? "me" : undefined, unassigned: whose === "unassigned", marked: aside };
  return queryOptions({
    queryKey: ["worklist", rule, whose, aside, cursor],
    queryFn: () => answer(api.GET("/v1/worklist", { params: { query: { ...of, limit: 50, recent: 26 } } })),
    placeholderData: keepPreviousData,
  });
}

/** Who can be assigned an exception. */
export function assignees({ hierarchy, level, node, rule }: Schemas["WorklistItem"]) {
  return queryOptions({
    queryKey: ["worklist", "assignees", hierarchy, level, node, rule],
    queryFn: () => answer(api.GET("/v1/worklist/assignees", { params: { query: { hierarchy, level, node, rule } } })),
  });
}

export function forecastOfSku(sku: string) {
  return queryOptions({
    queryKey: ["forecast", "sku", sku],
    queryFn: () => answer(api.GET("/v1/forecast/skus/{sku}", { params: { path: { sku } } })),
  });
}

export function historyOfSku(sku: string) {
  return queryOptions({
    queryKey: ["history", "sku", sku],
    queryFn: () => answer(api.GET("/v1/history/{sku}", { params: { path: { sku } } })),
  });
}

/** What the models are told of a series. */
export function channelsOf(series: string) {
  return queryOptions({
    queryKey: ["channels", series],
    queryFn: () => answer(api.GET("/v1/channels/{series_id}", { params: { path: { series_id: series } } })),
  });
}

/** What the models are told of the series below a node, together. */
export function channelsOfNode(hierarchy: string, node: string) {
  return queryOptions({
    queryKey: ["channels", "node", hierarchy, node],
    queryFn: () => answer(api.GET("/v1/hierarchies/{name}/channels/{node}", { params: { path: { name: hierarchy, node } } })),
  });
}

export const cycles = queryOptions({
  queryKey: ["cycles"],
  queryFn: () => answer(api.GET("/v1/cycles")),
});

/** What a cycle is made of. */
export function cardOf(cycle: string) {
  return queryOptions({
    queryKey: ["cycles", "card", cycle],
    queryFn: () => answer(api.GET("/v1/cycles/{cycle}", { params: { path: { cycle } } })),
  });
}

/** What an earlier cycle published for a SKU. */
export function earlierOfSku(sku: string, cycle: string | undefined) {
  return queryOptions({
    queryKey: ["forecast", "sku", sku, cycle],
    queryFn: () => answer(api.GET("/v1/forecast/skus/{sku}", { params: { path: { sku }, query: { cycle } } })),
    enabled: cycle !== undefined,
  });
}

export function earlierOfNode(hierarchy: string, node: string, cycle: string | undefined) {
  return queryOptions({
    queryKey: ["forecast", "node", hierarchy, node, cycle],
    queryFn: () => answer(api.GET("/v1/forecast/nodes/{hierarchy}/{node}", { params: { path: { hierarchy, node }, query: { cycle } } })),
    enabled: cycle !== undefined,
  });
}

/** From a published number back to rows of files. */
export function traceOf(series: string, bucket: string, history: string | undefined) {
  return queryOptions({
    queryKey: ["trace", series, bucket, history],
    queryFn: () =>
      answer(api.GET("/v1/trace/{series_id}/{bucket}", { params: { path: { series_id: series, bucket }, query: { history } } })),
    enabled: bucket !== "",
  });
}

export function seriesOfSku(sku: string) {
  return queryOptions({
    queryKey: ["series", "sku", sku],
    queryFn: () => answer(api.GET("/v1/series", { params: { query: { attribute: [`sku:${sku}`], limit: 1000 } } })),
  });
}

export function forecastOfNode(hierarchy: string, node: string) {
  return queryOptions({
    queryKey: ["forecast", "node", hierarchy, node],
    queryFn: () => answer(api.GET("/v1/forecast/nodes/{hierarchy}/{node}", { params: { path: { hierarchy, node } } })),
  });
}

export function historyOfNode(hierarchy: string, node: string) {
  return queryOptions({
    queryKey: ["history", "node", hierarchy, node],
    queryFn: () => answer(api.GET("/v1/hierarchies/{name}/history/{node}", { params: { path: { name: hierarchy, node } } })),
  });
}

export function contributions(series: string) {
  return queryOptions({
    queryKey: ["contributions", series],
    queryFn: () => answer(api.GET("/v1/contributions/{series_id}", { params: { path: { series_id: series } } })),
  });
}

export function changes(series: string) {
  return queryOptions({
    queryKey: ["changes", series],
    queryFn: () => answer(api.GET("/v1/changes/{series_id}", { params: { path: { series_id: series } } })),
  });
}

/** Buckets of an item as planners see them, with the ETag that a change of them needs. */
export function cellsOf(hierarchy: string, node: string) {
  return queryOptions({
    queryKey: ["cells", hierarchy, node],
    queryFn: () => tagged(api.GET("/v1/overrides/{hierarchy}/{node}", { params: { path: { hierarchy, node } } })),
  });
}

/** Every number that planners ever set on an item. */
export function numbersOf(hierarchy: string, node: string) {
  return queryOptions({
    queryKey: ["cells", hierarchy, node, "all"],
    queryFn: () => answer(api.GET("/v1/overrides", { params: { query: { hierarchy, node, all: true, limit: 1000 } } })),
  });
}

/** Scores of one node, lead by lead; lead 0 is all of them together. */
export function scoresOf(hierarchy: string | undefined, level: string, node: string) {
  return queryOptions({
    queryKey: ["accuracy", "node", hierarchy, level, node],
    queryFn: () => answer(api.GET("/v1/accuracy", { params: { query: { hierarchy, level, node, limit: 100 } } })),
  });
}
