import { Link } from "@tanstack/react-router";
import { count } from "../../format/numbers";

/** How much of a listing is shown, and the way to the rest; filters stay as they are. */
export function Pages({ shown, total, next, later, of }: { shown: number; total: number; next?: string | null; later: boolean; of: string }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 p-2 text-soft">
      <span>
        {count(shown)} of {count(total)} {of}
      </span>
      <span className="flex gap-4">
        {later && (
          <Link to="/data" search={(now) => ({ ...now, cursor: undefined })} className="text-accent underline">
            First page
          </Link>
        )}
        {next && (
          <Link to="/data" search={(now) => ({ ...now, cursor: next })} className="text-accent underline">
            Next page
          </Link>
        )}
      </span>
    </div>
  );
}
