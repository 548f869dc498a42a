import type { FormEvent, RefObject } from "react";
import { hasStatus } from "../../../api/problem";
import { bucket } from "../../../format/dates";
import { Field, FIELD } from "../../../parts/Form";
import { Button, Failure } from "../../../parts/Notice";
import { emptyDraft, missing, type Draft } from "./draft";
import { EffectView } from "./EffectView";
import type { Editing } from "./useEditing";


/** What is wanted of the chosen buckets: amount, lock, reason, comment. First its effect is looked at, then it is saved. */
export function DraftForm({
  editing,
  amount,
  isSeries,
  brief,
}: {
  editing: Editing;
  amount: RefObject<HTMLInputElement | null>;
  isSeries: boolean;
  brief?: boolean;
}) {
  const { draft, cells, change, preview, save, effect } = editing;
  const lacks = missing(draft, cells);
  const approval = editing.found.data?.data.approval ?? "none";
  const look = (event: FormEvent) => {
    event.preventDefault();
    if (lacks === null) preview.mutate(draft);
  };
  return (
    <form onSubmit={look} aria-label="Change numbers" className="mt-4 space-y-3">
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-4">
        <Range editing={editing} />
        <Field label="Change">
          <select value={draft.by} onChange={(event) => change({ by: event.target.value as Draft["by"] })} className={FIELD}>
            <option value="percent">by percent</option>
            <option value="units">to units</option>
          </select>
        </Field>
        <Field label={draft.by === "units" ? "Units in each bucket" : "Percent of what is without planners"}>
          <input
            ref={amount}
            type="number"
            step="any"
            value={draft.amount}
            onChange={(event) => change({ amount: event.target.value })}
            className={FIELD}
          />
        </Field>
        <Field label="Reason">
          <select value={draft.reason} onChange={(event) => change({ reason: event.target.value })} className={FIELD}>
            <option value="">Choose…</option>
            {editing.found.data?.data.reason_codes.map((code) => (
              <option key={code} value={code}>
                {code.replaceAll("_", " ")}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Comment">
          <input
            type="text"
            maxLength={1000}
            value={draft.comment}
            onChange={(event) => change({ comment: event.target.value })}
            className={FIELD}
          />
        </Field>
        <label className="flex items-center gap-2 sm:self-end sm:pb-2">
          <input type="checkbox" checked={draft.lock} onChange={(event) => change({ lock: event.target.checked })} />
          Lock: holds in later cycles too
        </label>
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" main={!effect} disabled={lacks !== null || preview.isPending}>
          {preview.isPending ? "Looking…" : "Preview"}
        </Button>
        <Button main={effect !== undefined} disabled={!effect || save.isPending} onClick={() => save.mutate()}>
          {save.isPending ? "Saving…" : approval === "none" ? "Save" : "Propose"}
        </Button>
        {JSON.stringify(draft) !== JSON.stringify(emptyDraft()) && <Button onClick={editing.drop}>Drop the draft</Button>}
        <p role="status" className="text-soft">
          {lacks ?? (effect ? "Nothing is saved yet." : "Preview it before you save.")}
        </p>
      </div>
      {[preview.error, save.error].map((error, place) => error && <Refused key={place} error={error} />)}
      {effect && <EffectView effect={effect} editing={editing} isSeries={isSeries} brief={brief} />}
    </form>
  );
}

function Refused({ error }: { error: unknown }) {
  return (
    <>
      <Failure error={error} />
      {(hasStatus(error, 503) || !(error instanceof Error && "problem" in error)) && (
        <p className="text-soft">Forecasts are read on meanwhile. Your draft is kept in this tab: save it again later; it is never done twice.</p>
      )}
    </>
  );
}

function Range({ editing: { draft, cells, range } }: { editing: Editing }) {
  const options = cells.map(({ bucket_start: start }) => (
    <option key={start} value={start}>
      {bucket(start)}
    </option>
  ));
  return (
    <>
      <Field label="From">
        <select value={draft.from} onChange={(event) => range(event.target.value, draft.to < event.target.value ? event.target.value : draft.to)} className={FIELD}>
          {draft.from === "" && <option value="">Choose…</option>}
          {options}
        </select>
      </Field>
      <Field label="To">
        <select value={draft.to} onChange={(event) => range(draft.from === "" ? event.target.value : draft.from, event.target.value)} className={FIELD}>
          {draft.to === "" && <option value="">Choose…</option>}
          {options}
        </select>
      </Field>
    </>
  );
}
