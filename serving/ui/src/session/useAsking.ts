import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { answer, api } from "../api/client";
import { session } from "./session";

/** Who asks and what they may; asked again whenever somebody signs in or out. */
export function useAsking() {
  const token = useSyncExternalStore(session.subscribe, session.token);
  const queries = useQueryClient();
  useEffect(() => session.subscribe(() => queries.removeQueries({ predicate: (one) => one.queryKey[0] !== "asking" })), [queries]);
  return useQuery({
    queryKey: ["asking", token],
    queryFn: () => answer(api.GET("/v1/session")),
    staleTime: 60_000,
  });
}

/** Whether whoever asks may do that: read, plan, operate or administer. */
export function useMay(permission: string): boolean {
  return useAsking().data?.permissions.includes(permission) ?? false;
}

/** Whether there is anything that whoever asks must not see. */
export function useIsKept(): boolean {
  const asking = useAsking().data;
  return asking !== undefined && asking.nodes !== null && !asking.sees_outside;
}

/** Whether whoever asks may bring files in and take them back: a file is about all nodes. */
export function useMayOperate(): boolean {
  const asking = useAsking().data;
  return asking !== undefined && asking.permissions.includes("operate") && !asking.nodes;
}
