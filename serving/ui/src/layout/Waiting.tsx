import { useQuery } from "@tanstack/react-query";
import { count } from "../format/numbers";
import { waiting } from "../screens/approvals/questions";
import { useMay } from "../session/useAsking";

const MINUTE = 60_000;

/** How many proposals wait, for whoever may decide on some. */
export function Waiting() {
  const mayPlan = useMay("plan");
  const found = useQuery({ ...waiting, enabled: mayPlan, refetchInterval: MINUTE, staleTime: MINUTE });
  const many = found.data?.total ?? 0;
  if (many === 0) return null;
  return (
    <span className="ml-1.5 rounded-full border border-line px-1.5 text-sm tabular-nums">
      {count(many)}
      <span className="sr-only"> waiting</span>
    </span>
  );
}
