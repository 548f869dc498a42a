import type { ReactNode } from "react";
import { ProblemError } from "../api/problem";

/** A framed message. `bad` ones are announced at once. */
export function Notice({ title, children, bad = false }: { title: string; children?: ReactNode; bad?: boolean }) {
  return (
    <div role={bad ? "alert" : "status"} className={`rounded-lg border bg-surface p-4 ${bad ? "border-bad" : "border-line"}`}>
      <p className={`font-semibold ${bad ? "text-bad" : ""}`}>{title}</p>
      {children && <div className="mt-1 break-words text-soft">{children}</div>}
    </div>
  );
}

/** Why something could not be shown, in the API's words, and the next step. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  if (error instanceof ProblemError) {
    const expected = error.kind === "not-made";
    return (
      <Notice title={error.problem.title} bad={!expected}>
        <p>{error.problem.detail}</p>
        {!expected && retry && <Retry retry={retry} />}
      </Notice>
    );
  }
  return (
    <Notice title="The API does not answer" bad>
      <p>Nothing was lost. Check that it runs and that this device is online, then try again.</p>
      {retry && <Retry retry={retry} />}
    </Notice>
  );
}

function Retry({ retry }: { retry: () => void }) {
  return (
    <Button className="mt-3" onClick={retry}>
      Try again
    </Button>
  );
}

export function Button({
  main = false,
  className = "",
  ...rest
}: React.ButtonHTMLAttributes<HTMLButtonElement> & { main?: boolean }) {
  const look = main ? "bg-accent text-on-accent border-accent" : "bg-surface text-ink border-line hover:border-soft";
  return (
    <button
      type="button"
      className={`rounded-md border px-3 py-1.5 font-medium disabled:opacity-60 ${look} ${className}`}
      {...rest}
    />
  );
}

/** Grey lines where content will be. */
export function Skeleton({ lines = 4, className = "" }: { lines?: number; className?: string }) {
  return (
    <div role="status" aria-label="Loading" className={`space-y-3 p-2 ${className}`}>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="h-4 animate-pulse rounded bg-line" />
      ))}
    </div>
  );
}
