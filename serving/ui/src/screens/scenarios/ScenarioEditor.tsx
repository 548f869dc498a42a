import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useRef, type FormEvent } from "react";
import { answer, api } from "../../api/client";
import { hasStatus } from "../../api/problem";
import { atOnce, freshKey } from "../../api/sending";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Field } from "../../parts/Form";
import { Button, Failure } from "../../parts/Notice";
import { useKept } from "../../session/kept";
import { useIsKept } from "../../session/useAsking";
import { currentCycle, hierarchies } from "../questions";
import { ChangeFields, LOOK } from "./ChangeFields";
import { definitionOf, emptyChange, formOf, KINDS, lacking, lastDay, type Definition, type Kind, type ScenarioForm } from "./changes";
import type { Scenario } from "./questions";

const KIND_NAMES = Object.keys(KINDS) as Kind[];
const EMPTY: ScenarioForm = { name: "", description: "", changes: [] };

/** The form of a scenario: a new one, or one that is kept. What is typed outlives a reload. */
export function ScenarioEditor({ kept }: { kept?: Scenario }) {
  const first = useRef<ScenarioForm>(null);
  first.current ??= kept ? formOf(kept.name, kept.definition as unknown as Definition) : EMPTY;
  const title = kept ? undefined : "New scenario";
  const form = <Form kept={kept} empty={first.current} />;
  return title ? (
    <div className="mb-4">
      <Card title={title}>{form}</Card>
    </div>
  ) : (
    form
  );
}

function Form({ kept, empty }: { kept?: Scenario; empty: ScenarioForm }) {
  const { kept: form, keep } = useKept(kept ? `scenario ${kept.number}` : "new scenario", empty);
  const cycle = useQuery(currentCycle);
  const go = useNavigate();
  const change = (part: Partial<ScenarioForm>) => keep({ ...form, ...part });
  const close = () => go({ to: "/scenarios", search: kept ? { scenario: kept.name } : {} });
  const save = useSave(kept, async (name) => {
    keep(null);
    await go({ to: "/scenarios", search: { scenario: name } });
  });
  const lacks = lacking(form, kept !== undefined);
  const isKept = useIsKept();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (lacks === null) save.mutate({ form, run: true });
  };
  return (
    <form onSubmit={submit} aria-label={kept ? `Change ${kept.name}` : "New scenario"} className="space-y-4">
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        <Field label="Name" note={isKept && !kept ? "It is kept with your name and a dot before it." : undefined}>
          <input value={form.name} readOnly={kept !== undefined} autoFocus={!kept} maxLength={kept ? undefined : 63} placeholder="spring-sale" onChange={(event) => change({ name: event.target.value })} className={LOOK} />
        </Field>
        <Field label="What it is about, in your words">
          <input value={form.description} maxLength={1000} onChange={(event) => change({ description: event.target.value })} className={LOOK} />
        </Field>
      </div>
      <Asked of={cycle} lines={3}>
        {(found) => (
          <>
            {form.changes.map((one, place) => (
              <ChangeFields
                key={place}
                place={place}
                one={one}
                cycle={found}
                put={(next) => change({ changes: form.changes.map((each, at) => (at === place ? { ...each, ...next } : each)) })}
                drop={() => change({ changes: form.changes.filter((_, at) => at !== place) })}
              />
            ))}
            <AddChange
              kinds={KIND_NAMES.filter((kind) => !(isKept && kind === "launch"))}
              add={(kind) => {
                const end = lastDay(found.leads.at(-1) ?? found.cycle, found.bucket_weeks);
                change({ changes: [...form.changes, emptyChange(kind, found.cycle, end, isKept ? "" : "total")] });
              }}
            />
          </>
        )}
      </Asked>
      <div className="flex flex-wrap items-center gap-3">
        <Button main type="submit" disabled={lacks !== null || save.isPending}>
          {save.isPending ? "Saving…" : "Save and compute"}
        </Button>
        <Button disabled={lacks !== null || save.isPending} onClick={() => save.mutate({ form, run: false })}>
          Save
        </Button>
        <Button
          onClick={() => {
            keep(null);
            void close();
          }}
        >
          Cancel
        </Button>
        <p role="status" className="text-soft">
          {lacks ?? "Nothing is published by saving or computing it."}
        </p>
      </div>
      {save.error && <Failure error={save.error} />}
    </form>
  );
}

function AddChange({ kinds, add }: { kinds: Kind[]; add: (kind: Kind) => void }) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id}>
      <p id={id} className="mb-1 text-sm font-medium">
        Add what is different
      </p>
      <div className="flex flex-wrap gap-2">
        {kinds.map((kind) => (
          <Button key={kind} title={KINDS[kind].means} onClick={() => add(kind)}>
            + {KINDS[kind].title}
          </Button>
        ))}
      </div>
    </div>
  );
}

/** Whether the current cycle forecasts a node, a series or a SKU of that name; throws the API's words where it does not. */
async function checkNode(hierarchy: string, node: string): Promise<void> {
  try {
    await answer(api.GET("/v1/overrides/{hierarchy}/{node}", { params: { path: { hierarchy, node }, query: { buckets: 1 } } }));
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    const asSku = await api.GET("/v1/forecast/skus/{sku}", { params: { path: { sku: node }, query: { horizon: 1 } } });
    if (asSku.data === undefined) throw error;
  }
}

/** Saves a form once its nodes are known to be there, and asks for it to be computed where that is wanted. */
function useSave(kept: Scenario | undefined, then: (name: string) => Promise<void>) {
  const queries = useQueryClient();
  const first = useQuery(hierarchies).data?.hierarchies[0]?.name ?? "";
  const tried = useRef({ said: "", key: "" });
  return useMutation({
    ...atOnce,
    mutationFn: async ({ form, run }: { form: ScenarioForm; run: boolean }) => {
      const places = new Set(form.changes.flatMap((one) => (one.kind === "launch" ? [] : [JSON.stringify([one.hierarchy || first, one.node.trim()])])));
      for (const place of places) {
        const [hierarchy = "", node = ""] = JSON.parse(place) as string[];
        await checkNode(hierarchy, node);
      }
      const cycle = (kept?.definition as Definition | undefined)?.cycle;
      const body = { name: form.name, definition: { ...definitionOf(form), ...(cycle ? { cycle } : {}) }, replaces: kept?.number ?? null };
      const said = JSON.stringify(body);
      if (tried.current.said !== said) tried.current = { said, key: freshKey() };
      const header = { "Idempotency-Key": tried.current.key };
      const made = await answer(api.POST("/v1/scenarios", { params: { header }, body }));
      if (run) await answer(api.POST("/v1/scenarios/{name}/run", { params: { path: { name: made.name }, header: { "Idempotency-Key": `${header["Idempotency-Key"]}-run` } } }));
      return made.name;
    },
    onSuccess: async (name) => {
      await queries.invalidateQueries({ queryKey: ["scenarios"] });
      await then(name);
    },
  });
}
