import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** How much of a listing is shown, and the way to the rest; everything else of the address stays as it is. */
export function Pages({ children, next, later, words = ["First page", "Next page"] }: { children: ReactNode; next?: string | null; later: boolean; words?: [string, string] }) {
  const to = (cursor: string | undefined, name: string) => (
    <Link to="." search={(now) => ({ ...now, cursor })} className="text-accent underline">
      {name}
    </Link>
  );
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 p-2 text-soft">
      <span>{children}</span>
      <span className="flex gap-4">
        {later && to(undefined, words[0])}
        {next && to(next, words[1])}
      </span>
    </div>
  );
}
