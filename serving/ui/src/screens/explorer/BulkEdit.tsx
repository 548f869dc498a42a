import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { answer, api, tagged, type Schemas } from "../../api/client";
import { atOnce, freshKey } from "../../api/sending";
import { bucket } from "../../format/dates";
import { count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Field, FIELD } from "../../parts/Form";
import { Button, Failure, Notice } from "../../parts/Notice";
import { useKept } from "../../session/kept";
import { EffectLevels } from "../EffectLevels";
import { emptyDraft, trying, type Draft } from "../item/editing/draft";
import { Sentences } from "../item/editing/EffectView";
import { isConflict } from "../item/editing/useEditing";
import { numberIn } from "../plannersNumbers";
import { cellsOf, hierarchies } from "../questions";
import { bodyOf, lacking, type Chosen } from "./bulk";

const EMPTY: Draft = emptyDraft();
const SHOWN = 20;

/** One change for many series: percent of each, or units for each, a reason, a lock; its effect is looked at before it is saved. */
export function BulkEdit({ chosen, close }: { chosen: Chosen; close: () => void }) {
  const hierarchy = useQuery(hierarchies).data?.hierarchies[0]?.name ?? "";
  const one = chosen.series[0] ?? "";
  const cells = useQuery({ ...cellsOf(hierarchy, one), enabled: hierarchy !== "" && one !== "" });
  return (
    <div className="mb-3">
      <Card title={`Change ${many(chosen.series.length)}`} aside={<Button onClick={close}>Close</Button>}>
        <Asked of={cells}>{({ data }) => <Form chosen={chosen} hierarchy={hierarchy} like={data} />}</Asked>
      </Card>
    </div>
  );
}

export function many(series: number): string {
  return series === 1 ? "1 series" : `${count(series)} series`;
}

/** Asks what a draft would do, and does it: the state that was looked at is the one that it is done to. */
function useBulk(chosen: Chosen, hierarchy: string, cells: Schemas["Cell"][]) {
  const queries = useQueryClient();
  const { kept: draft, keep } = useKept("change of many series", EMPTY);
  const body = () => bodyOf(draft, cells, hierarchy, chosen);
  // Not the body, which is long: this says the same of it.
  const said = JSON.stringify([{ ...draft, tried: null, tag: null }, chosen]);
  const preview = useMutation({
    ...atOnce,
    mutationFn: async () => ({ said, ...(await tagged(api.POST("/v1/overrides/preview", { body: body() }))) }),
  });
  const seen = preview.data?.said === said ? preview.data : undefined;
  const save = useMutation({
    ...atOnce,
    mutationFn: async (tag: string) => {
      const asked = trying(draft, JSON.stringify([said, tag]), freshKey);
      keep(asked);
      const header = { "If-Match": tag, "Idempotency-Key": asked.tried.key };
      return answer(api.POST("/v1/overrides", { params: { header }, body: body() }));
    },
    onSuccess: () => {
      keep(null);
      preview.reset();
      return queries.invalidateQueries({ queryKey: ["cells"] });
    },
    onError: (error) => isConflict(error) && preview.reset(),
  });
  const change = (part: Partial<Draft>) => {
    save.reset();
    keep({ ...draft, ...part });
  };
  return { draft, change, preview, seen, save, drop: () => keep(null) };
}

function Form({ chosen, hierarchy, like }: { chosen: Chosen; hierarchy: string; like: Schemas["Cells"] }) {
  const { draft, change, preview, seen, save, drop } = useBulk(chosen, hierarchy, like.cells);
  const lacks = lacking(draft, like.cells, chosen);
  const running = preview.isPending || save.isPending;
  const look = (event: FormEvent) => {
    event.preventDefault();
    if (lacks === null) preview.mutate();
  };
  return (
    <form onSubmit={look} aria-label="Change many series" className="space-y-3">
      <fieldset disabled={running} className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
        <legend className="sr-only">What is wanted</legend>
        <Buckets draft={draft} cells={like.cells} change={change} />
        <Field label="Change">
          <select value={draft.by} onChange={(event) => change({ by: event.target.value as Draft["by"] })} className={FIELD}>
            <option value="percent">by percent</option>
            <option value="units">to units</option>
          </select>
        </Field>
        <Field label={draft.by === "units" ? "Units of each series in each bucket" : "Percent of what is without planners"}>
          <input type="number" step="any" value={draft.amount} onChange={(event) => change({ amount: event.target.value })} className={FIELD} />
        </Field>
        <Field label="Reason">
          <select value={draft.reason} onChange={(event) => change({ reason: event.target.value })} className={FIELD}>
            <option value="">Choose…</option>
            {like.reason_codes.map((code) => (
              <option key={code} value={code}>
                {code.replaceAll("_", " ")}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Comment">
          <input type="text" maxLength={1000} value={draft.comment} onChange={(event) => change({ comment: event.target.value })} className={FIELD} />
        </Field>
        <label className="flex items-center gap-2 sm:self-end sm:pb-2">
          <input type="checkbox" checked={draft.lock} onChange={(event) => change({ lock: event.target.checked })} />
          Lock: holds in later cycles too
        </label>
      </fieldset>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" main={!seen} disabled={lacks !== null || running}>
          {preview.isPending ? "Looking…" : "Preview"}
        </Button>
        <Button main={seen !== undefined} disabled={!seen || running} onClick={() => seen && save.mutate(seen.tag)}>
          {save.isPending ? "Saving…" : like.approval === "none" ? "Save" : "Propose"}
        </Button>
        {JSON.stringify(draft) !== JSON.stringify(EMPTY) && !running && <Button onClick={drop}>Drop the draft</Button>}
        <p role="status" className="text-soft">
          {lacks ?? (seen ? "Nothing is saved yet." : "Preview it before you save.")}
        </p>
      </div>
      {preview.error && <Failure error={preview.error} />}
      {save.error && <Refused error={save.error} />}
      {save.data && <Saved made={save.data} />}
      {seen && <Effect effect={seen.data} />}
    </form>
  );
}

function Buckets({ draft, cells, change }: { draft: Draft; cells: Schemas["Cell"][]; change: (part: Partial<Draft>) => void }) {
  const options = cells.map(({ bucket_start: start }) => (
    <option key={start} value={start}>
      {bucket(start)}
    </option>
  ));
  const put = (from: string, to: string) => change(from <= to ? { from, to } : { from: to, to: from });
  return (
    <>
      <Field label="From">
        <select value={draft.from} onChange={({ target: { value } }) => put(value, draft.to < value ? value : draft.to)} className={FIELD}>
          {draft.from === "" && <option value="">Choose…</option>}
          {options}
        </select>
      </Field>
      <Field label="To">
        <select value={draft.to} onChange={({ target: { value } }) => put(draft.from === "" ? value : draft.from, value)} className={FIELD}>
          {draft.to === "" && <option value="">Choose…</option>}
          {options}
        </select>
      </Field>
    </>
  );
}

function Effect({ effect }: { effect: Schemas["Preview"] }) {
  const replaced = effect.replaced.slice(0, SHOWN).map(numberIn);
  const left = effect.replaced.length - replaced.length;
  return (
    <section aria-label="Preview" className="space-y-4 rounded-md border border-line p-3">
      <p>{count(effect.wanted.length)} numbers would be set.</p>
      <Sentences title="Cannot be kept" sentences={effect.conflicts} bad />
      <Sentences title="Your record in such cases" sentences={effect.advice} />
      <Sentences title="Would be replaced" sentences={left > 0 ? [...replaced, `and ${count(left)} more`] : replaced} />
      <EffectLevels effect={effect} />
    </section>
  );
}

function Refused({ error }: { error: unknown }) {
  if (isConflict(error)) {
    return (
      <Notice title="Somebody was faster" bad>
        One of these numbers was set since you looked, and nothing of yours was saved. Preview again to see what would be replaced now.
      </Notice>
    );
  }
  return (
    <>
      <Failure error={error} />
      <p className="text-soft">Your draft is kept in this tab: try again later.</p>
    </>
  );
}

function Saved({ made: { proposal, overrides, proposed } }: { made: Schemas["OverridesSet"] }) {
  return proposal === null ? (
    <Notice title={`Saved: ${count(overrides.length)} numbers set`}>
      The published forecast follows when the graph has taken them in: with its sensors running, by itself after the next minutes.
    </Notice>
  ) : (
    <Notice title={`Waits for approval: ${count(proposed.length)} numbers in proposal ${proposal}`}>
      Nothing changes until somebody approves it; then the published forecast follows.
    </Notice>
  );
}
