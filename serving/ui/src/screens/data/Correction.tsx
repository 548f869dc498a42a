import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useId, type FormEvent, type ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce, freshKey } from "../../api/sending";
import { Card } from "../../parts/Card";
import { Field, FIELD } from "../../parts/Form";
import { Button, Failure, Notice } from "../../parts/Notice";
import { useKept } from "../../session/kept";
import { seriesOfSku } from "../questions";
import { lackingIn, noWord, valueOf, withAsked, type Word } from "./corrections";
import { conflictsOf } from "./questions";

const LOOK = `${FIELD} max-w-xl`;

interface Draft {
  words: Word[];
  reason: string;
  key: string;
}
const EMPTY: Draft = { words: [], reason: "", key: "" };

/** A planner's word on attributes of a SKU, all of them in one request: all or none. What is typed outlives a reload. */
export function Correction({ sku, asked }: { sku: string; asked?: string }) {
  const queries = useQueryClient();
  const go = useNavigate({ from: "/data" });
  const { kept: draft, keep } = useKept(`corrections\n${sku}`, EMPTY);
  const words = withAsked(draft.words, asked);
  const change = (part: Partial<Draft>) => keep({ ...draft, words, ...part, key: "" });
  const lacks = lackingIn(words, draft.reason);
  const send = useMutation({
    ...atOnce,
    // What was corrected is told of until something else is asked about.
    mutationFn: (_about: string | undefined) => {
      const key = draft.key || freshKey();
      keep({ ...draft, words, key });
      const corrections = words.map((one) => ({ sku, attribute: one.attribute, value: valueOf(one) }));
      return answer(api.POST("/v1/conflicts/corrections", { params: { header: { "Idempotency-Key": key } }, body: { corrections, reason: draft.reason.trim() } }));
    },
    onSuccess: () => {
      keep(null);
      return queries.invalidateQueries({ queryKey: ["data"] });
    },
  });
  const drop = (attribute: string) => {
    const left = words.filter((one) => one.attribute !== attribute);
    change({ words: left });
    if (attribute === asked) void go({ search: (now) => ({ ...now, at: left.at(-1)?.attribute }), replace: true });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (lacks === null) send.mutate(asked);
  };
  const close = (
    <Link to="/data" search={(now) => ({ ...now, of: undefined, at: undefined })} className="text-accent underline underline-offset-2">
      Close
    </Link>
  );
  return (
    <Card title={`Correct ${sku}`} aside={close}>
      {send.data && send.variables === asked ? (
        <Notice title={send.data.corrections === 1 ? "Your word counts from the next cycle on." : `All ${send.data.corrections} count from the next cycle on.`}>
          {send.data.corrections === 1 ? "It lies" : "They lie"} as{" "}
          <Link to="/data" search={{ uri: send.data.uri }} className="text-accent underline underline-offset-2">
            {send.data.uri}
          </Link>{" "}
          in the landing folder and {send.data.corrections === 1 ? "is" : "are"} read like any file; taken back, producers are believed again.
        </Notice>
      ) : (
        <form onSubmit={submit} aria-label="Correct" className="space-y-3">
          <Words sku={sku} words={words} put={(next) => change({ words: next })} drop={drop} />
          <Field label="Why?">
            <input required maxLength={500} value={draft.reason} onChange={(event) => change({ reason: event.target.value })} className={LOOK} />
          </Field>
          <div className="flex flex-wrap items-center gap-3">
            <Button main type="submit" disabled={lacks !== null || send.isPending}>
              Correct
            </Button>
            <p role="status" className="text-soft">
              {lacks ?? (words.length > 1 ? "All of them are corrected, or none." : "")}
            </p>
          </div>
          {send.error && <Failure error={send.error} />}
        </form>
      )}
    </Card>
  );
}

interface WordsProps {
  sku: string;
  words: Word[];
  put: (words: Word[]) => void;
  drop: (attribute: string) => void;
}

/** What each attribute is, and the way to say more of them. */
function Words({ sku, words, put, drop }: WordsProps) {
  const said = useQuery(conflictsOf({ sku })).data?.items.filter((one) => one.sku === sku) ?? [];
  const known = useQuery(seriesOfSku(sku)).data?.series[0]?.attributes ?? {};
  const names = [...new Set([...Object.keys(known), ...said.map((one) => one.attribute)])];
  const left = names.filter((name) => !words.some((one) => one.attribute === name));
  return (
    <>
      {words.map((word) => (
        <Attribute
          key={word.attribute}
          word={word}
          now={known[word.attribute]}
          said={said.find((one) => one.attribute === word.attribute)?.said ?? []}
          put={(part) => put(words.map((one) => (one.attribute === word.attribute ? { ...one, ...part } : one)))}
          drop={words.length > 1 ? () => drop(word.attribute) : undefined}
        />
      ))}
      {left.length > 0 && (
        <Field label={words.length > 0 ? "Another attribute of it" : "Attribute"}>
          <select value="" onChange={(event) => put([...words, noWord(event.target.value)])} className={LOOK}>
            <option value="">Choose…</option>
            {left.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
      )}
    </>
  );
}

interface AttributeProps {
  word: Word;
  now: string | string[] | null | undefined;
  said: readonly Schemas["Said"][];
  put: (part: Partial<Word>) => void;
  drop: (() => void) | undefined;
}

function Attribute({ word, now, said, put, drop }: AttributeProps) {
  const { attribute, choice, value, other } = word;
  const used = Array.isArray(now) ? now.join(", ") : now;
  return (
    <fieldset className="space-y-1 rounded-md border border-line p-3">
      <legend className="px-1 font-medium">What is {attribute}?</legend>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="space-y-1">
          {[...new Set(said.map((one) => one.value))].map((one) => (
            <Choice key={one} group={attribute} chosen={choice === "said" && value === one} choose={() => put({ choice: "said", value: one })}>
              {one} <span className="text-soft">— {said.filter((each) => each.value === one).map((each) => each.producer).join(", ")}</span>
            </Choice>
          ))}
          <Choice group={attribute} chosen={choice === "other"} choose={() => put({ choice: "other" })}>
            another value
          </Choice>
          {choice === "other" && <input aria-label={`Another ${attribute}`} maxLength={1000} value={other} onChange={(event) => put({ other: event.target.value })} className={LOOK} />}
          <Choice group={attribute} chosen={choice === "nobody"} choose={() => put({ choice: "nobody" })}>
            nobody knows, whatever producers say
          </Choice>
        </div>
        {drop && (
          <Button onClick={drop}>
            Leave {attribute} as it is
          </Button>
        )}
      </div>
      {used !== undefined && <p className="text-sm text-soft">{used === null ? "Not known now." : `Now ${used}.`}</p>}
    </fieldset>
  );
}

function Choice({ group, chosen, choose, children }: { group: string; chosen: boolean; choose: () => void; children: ReactNode }) {
  const id = useId();
  return (
    <span className="flex items-baseline gap-2">
      <input type="radio" id={id} name={`value of ${group}`} checked={chosen} onChange={choose} />
      <label htmlFor={id}>{children}</label>
    </span>
  );
}
