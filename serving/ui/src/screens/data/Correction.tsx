import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, type FormEvent, type ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce, freshKey } from "../../api/sending";
import { Card } from "../../parts/Card";
import { Field, FIELD } from "../../parts/Form";
import { Button, Failure, Notice } from "../../parts/Notice";
import { useKept } from "../../session/kept";

const OTHER = "other";
const NOBODY = "nobody";
const LOOK = `${FIELD} max-w-xl`;

interface Draft {
  /** `said` and the value, another value, or that nobody knows. */
  choice: string;
  value: string;
  other: string;
  reason: string;
  key: string;
}
const EMPTY: Draft = { choice: "", value: "", other: "", reason: "", key: "" };

/** What a draft says; null is that nobody knows. */
function valueOf({ choice, value, other }: Draft): string | null {
  if (choice === NOBODY) return null;
  return choice === OTHER ? other.trim() : value;
}

/** A planner's word on one attribute of a SKU; what is typed outlives a reload. */
export function Correction({ sku, attribute, said }: { sku: string; attribute: string; said: readonly Schemas["Said"][] }) {
  const queries = useQueryClient();
  const { kept: draft, keep } = useKept(`correction\n${sku}\n${attribute}`, EMPTY);
  const change = (part: Partial<Draft>) => keep({ ...draft, ...part, key: "" });
  const value = valueOf(draft);
  const ready = draft.reason.trim() !== "" && draft.choice !== "" && (draft.choice === NOBODY || value !== "");
  const send = useMutation({
    ...atOnce,
    mutationFn: () => {
      const key = draft.key || freshKey();
      keep({ ...draft, key });
      const corrections = [{ sku, attribute, value }];
      return answer(api.POST("/v1/conflicts/corrections", { params: { header: { "Idempotency-Key": key } }, body: { corrections, reason: draft.reason.trim() } }));
    },
    onSuccess: () => {
      keep(null);
      return queries.invalidateQueries({ queryKey: ["data"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  const close = (
    <Link to="/data" search={(now) => ({ ...now, of: undefined, at: undefined })} className="text-accent underline underline-offset-2">
      Close
    </Link>
  );
  return (
    <Card title={`Correct ${attribute} of ${sku}`} aside={close}>
      {send.data ? (
        <Notice title="Your word counts from the next cycle on.">
          It lies as{" "}
          <Link to="/data" search={{ uri: send.data.uri }} className="text-accent underline underline-offset-2">
            {send.data.uri}
          </Link>{" "}
          in the landing folder and is read like any file; taken back, producers are believed again.
        </Notice>
      ) : (
        <form onSubmit={submit} aria-label="Correct" className="space-y-3">
          <fieldset className="space-y-1">
            <legend className="mb-1 font-medium">What is it?</legend>
            {[...new Set(said.map((one) => one.value))].map((one) => (
              <Choice key={one} chosen={draft.choice === "said" && draft.value === one} choose={() => change({ choice: "said", value: one })}>
                {one} <span className="text-soft">— {said.filter((other) => other.value === one).map((other) => other.producer).join(", ")}</span>
              </Choice>
            ))}
            <Choice chosen={draft.choice === OTHER} choose={() => change({ choice: OTHER })}>
              another value
            </Choice>
            {draft.choice === OTHER && (
              <input aria-label="Another value" maxLength={1000} value={draft.other} onChange={(event) => change({ other: event.target.value })} className={LOOK} />
            )}
            <Choice chosen={draft.choice === NOBODY} choose={() => change({ choice: NOBODY })}>
              nobody knows, whatever producers say
            </Choice>
          </fieldset>
          <Field label="Why?">
            <input required maxLength={500} value={draft.reason} onChange={(event) => change({ reason: event.target.value })} className={LOOK} />
          </Field>
          <Button main type="submit" disabled={!ready || send.isPending}>
            Correct
          </Button>
          {send.error && <Failure error={send.error} />}
        </form>
      )}
    </Card>
  );
}

function Choice({ chosen, choose, children }: { chosen: boolean; choose: () => void; children: ReactNode }) {
  const id = useId();
  return (
    <span className="flex items-baseline gap-2">
      <input type="radio" id={id} name="value" checked={chosen} onChange={choose} />
      <label htmlFor={id}>{children}</label>
    </span>
  );
}
