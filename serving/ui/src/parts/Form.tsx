import type { FormEvent, ReactNode } from "react";
import { Button, Failure } from "./Notice";

/** How a field looks that is as wide as its place. */
export const FIELD = "w-full rounded-md border border-line bg-page px-3 py-1.5";

/** A field under its name, with a note below it. */
export function Field({ label, note, children }: { label: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <label className="block">
        <span className="mb-1 block text-sm font-medium">{label}</span>
        {children}
      </label>
      {note && <p className="mt-1 text-sm text-soft">{note}</p>}
    </div>
  );
}

/** A line that has to say something. */
export function Line({ label, value, most, put }: { label: string; value: string; most: number; put: (value: string) => void }) {
  return (
    <Field label={label}>
      <input autoFocus required maxLength={most} value={value} onChange={(event) => put(event.target.value)} className={`${FIELD} max-w-xl`} />
    </Field>
  );
}

/** Asks on before something is done: its fields, the button that does it, and why it was refused. */
export function Ask({
  label,
  verb,
  doing = verb,
  ready,
  sent,
  send,
  close,
  children,
}: {
  label: string;
  verb: string;
  /** What the button says meanwhile. */
  doing?: string;
  ready: boolean;
  sent: { isPending: boolean; error: unknown };
  send: () => void;
  close: () => void;
  children: ReactNode;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={submit} aria-label={label} className="my-3 space-y-3 rounded-md border border-line p-3">
      {children}
      <div className="flex gap-3">
        <Button main type="submit" disabled={!ready || sent.isPending}>
          {sent.isPending ? doing : verb}
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
      {sent.error != null && <Failure error={sent.error} />}
    </form>
  );
}
