import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";

const MINUTE = 60_000;

export const producers = queryOptions({
  queryKey: ["data", "producers"],
  queryFn: () => answer(api.GET("/v1/producers")),
  refetchInterval: MINUTE,
});

interface FilesAsked {
  producer?: string;
  state?: string;
  uri?: string;
  cursor?: string;
}

export function filesOf(asked: FilesAsked) {
  return queryOptions({
    queryKey: ["data", "files", asked],
    queryFn: () => answer(api.GET("/v1/files", { params: { query: { ...asked, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });
}

/** A file and its rejected rows. The numbers of another file are never shown meanwhile: what is on the page can be taken back. */
export function fileOf(version: string, rule: string | undefined, rejected: number) {
  return queryOptions({
    queryKey: ["data", "file", version, rule, rejected],
    queryFn: () => answer(api.GET("/v1/files/{file_version_id}", { params: { path: { file_version_id: version }, query: { rule, rejected } } })),
    placeholderData: (before) => (before?.file_version_id === version ? before : undefined),
  });
}

/** What a recall of a file, or its undo, would reach: files may be read for it, so it is asked for on purpose only. */
export function reachOf(version: string) {
  return queryOptions({
    queryKey: ["data", "reach", version],
    queryFn: () => answer(api.GET("/v1/files/{file_version_id}/recall", { params: { path: { file_version_id: version } } })),
  });
}

/** What the last recall or undo of a file did; asked again until everything is computed. */
export function differenceOf(version: string, events: number) {
  return queryOptions({
    queryKey: ["data", "difference", version, events],
    queryFn: () => answer(api.GET("/v1/files/{file_version_id}/recall", { params: { path: { file_version_id: version }, query: { reach: false } } })),
    refetchInterval: (query) => (query.state.data?.difference ? false : 10_000),
  });
}

interface OutliersAsked {
  series?: string;
  cause?: string;
  promoted?: boolean;
  order?: "newest";
  cursor?: string;
}

export function outliersOf(asked: OutliersAsked) {
  return queryOptions({
    queryKey: ["data", "outliers", asked],
    queryFn: () => answer(api.GET("/v1/outliers", { params: { query: { ...asked, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });
}

/** File rows behind what a series sold in a bucket. */
export function rowsBehind(series: string, bucket: string) {
  return queryOptions({
    queryKey: ["data", "rows", series, bucket],
    queryFn: () => answer(api.GET("/v1/trace/{series_id}/{bucket}/rows", { params: { path: { series_id: series, bucket }, query: { limit: 1000 } } })),
  });
}

export function qualityOf(asked: { producer?: string; day?: string; cursor?: string }) {
  return queryOptions({
    queryKey: ["data", "quality", asked],
    queryFn: () => answer(api.GET("/v1/quality", { params: { query: { ...asked, limit: 30 } } })),
    placeholderData: keepPreviousData,
  });
}

interface ConflictsAsked {
  attribute?: string;
  sku?: string;
  corrected?: boolean;
  cursor?: string;
}

export function conflictsOf(asked: ConflictsAsked) {
  return queryOptions({
    queryKey: ["data", "conflicts", asked],
    queryFn: () => answer(api.GET("/v1/conflicts", { params: { query: { ...asked, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });
}
