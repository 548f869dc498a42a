import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { answer, api } from "../../api/client";
import { searchable } from "./filters";

const allSeries = infiniteQueryOptions({
  queryKey: ["series", "all"],
  queryFn: ({ pageParam }) => answer(api.GET("/v1/series", { params: { query: { cursor: pageParam, limit: 1000 } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
  staleTime: Infinity,
});

/** Every series there is, page after page, so that searching asks nobody. */
export function useAllSeries() {
  const found = useInfiniteQuery(allSeries);
  const { hasNextPage, isFetching, isError, fetchNextPage } = found;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const pages = found.data?.pages;
  const loaded = (pages ?? []).reduce((sum, page) => sum + page.series.length, 0);
  // Filtering anew for every page would take longer than the pages: the first is shown until the last is there.
  const shown = hasNextPage ? pages?.[0] : pages;
  const all = useMemo(() => [shown ?? []].flat().flatMap((page) => page.series.map(searchable)), [shown]);
  return { all, loaded, total: pages?.[0]?.total ?? 0, cycle: pages?.[0]?.cycle, complete: !hasNextPage && !found.isPending, found };
}
