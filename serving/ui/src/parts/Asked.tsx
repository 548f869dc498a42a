import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure, Skeleton } from "./Notice";

/** What a question is answered with, or that it is under way, or why there is no answer. */
export function Asked<Data>({
  of,
  lines,
  children,
}: {
  of: UseQueryResult<Data>;
  lines?: number;
  children: (data: Data) => ReactNode;
}) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <Failure error={of.error} retry={() => void of.refetch()} />;
  return <Skeleton lines={lines} />;
}
