import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { bucket, daysAfter } from "../../format/dates";
import { Asked } from "../../parts/Asked";
import { Field, FIELD } from "../../parts/Form";
import { Button, Failure } from "../../parts/Notice";
import { useAsking } from "../../session/useAsking";
import { assignees } from "../questions";
import { nameOf, offered, saidOf, type Item, type Says } from "./marks";
import type { Marking } from "./useMarking";

/** What a planner does with an item; `snooze` and `assign` ask on. */
export type Act = "accept" | "back" | "snooze" | "assign";
const WEEKS = 4;

/** Buttons of an item of the worklist. */
export function Acts({ item, act }: { item: Item; act: (what: Act) => void }) {
  const aside = item.mark?.state != null;
  return (
    <span className="flex flex-col gap-1 whitespace-nowrap lg:flex-row">
      <Small says={aside ? "Put back" : "Accept"} about={item} press={() => act(aside ? "back" : "accept")} />
      <Small says="Snooze…" about={item} press={() => act("snooze")} />
      <Small says="Assign…" about={item} press={() => act("assign")} />
    </span>
  );
}

function Small({ says, about, press }: { says: string; about: Item; press: () => void }) {
  return (
    <button type="button" aria-label={`${says} ${nameOf(about)}`} onClick={press} className="rounded border border-line bg-surface px-2 py-0.5 text-sm hover:border-soft">
      {says}
    </button>
  );
}

/** What was done last, and the way to undo it. */
export function DoneLast({ marking }: { marking: Marking }) {
  const { done, error, isPending } = marking;
  return (
    <div className={done || error ? "mb-3 space-y-2" : ""}>
      <div className="flex flex-wrap items-center gap-3">
        <p role="status">{done?.words}</p>
        {done?.undo && (
          <Button id="undo-mark" disabled={isPending} onClick={() => marking.undo()}>
            Undo
          </Button>
        )}
      </div>
      {error && <Failure error={error} />}
    </div>
  );
}

interface AskProps {
  item: Item;
  save: (says: Says) => void;
  close: () => void;
}

/** Asks until when an item is not to be seen. */
export function Snooze({ item, save, close, cycle }: AskProps & { cycle: string }) {
  const before = saidOf(item.mark);
  const [until, setUntil] = useState(before.until ?? daysAfter(cycle, 7 * WEEKS));
  const [note, setNote] = useState(before.note);
  return (
    <Ask title={`Snooze ${nameOf(item)}`} verb="Snooze" close={close} save={() => save({ ...before, state: "snoozed", until, note })}>
      <Field label="Until">
        <input type="date" required autoFocus min={daysAfter(cycle, 1)} value={until} onChange={(event) => setUntil(event.target.value)} className={FIELD} />
      </Field>
      <p className="text-sm text-soft">The first cycle from this day on shows it again, if it is still to be looked at. Now it is the cycle of {bucket(cycle)}.</p>
      <Note note={note} setNote={setNote} />
    </Ask>
  );
}

/** Asks who is to look at an item, of those who plan it. */
export function Assign({ item, save, close }: AskProps) {
  const own = useAsking().data?.name ?? "";
  const before = saidOf(item.mark);
  const [name, setName] = useState(before.assigned_to ?? own);
  const [note, setNote] = useState(before.note);
  const found = useQuery(assignees(item));
  return (
    <Ask title={`Assign ${nameOf(item)}`} verb="Assign" close={close} save={() => save({ ...before, assigned_to: name.trim() || null, note })}>
      <Asked of={found} lines={2}>
        {({ names, others }) => (
          <Field label="To" note={`Who plans it; you are ${own}. It stays in later cycles.${others ? " Of whom your own sign-in knows, type the name as the ledger has it." : ""}`}>
            {others ? (
              <Typed name={name} setName={setName} names={names} />
            ) : (
              <select autoFocus value={name} onChange={(event) => setName(event.target.value)} className={FIELD}>
                <option value="">Nobody in particular</option>
                {offered(names, before.assigned_to).map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
          </Field>
        )}
      </Asked>
      <Note note={note} setNote={setNote} />
    </Ask>
  );
}

/** A name that may be one that the API does not know. */
function Typed({ name, setName, names }: { name: string; setName: (name: string) => void; names: string[] }) {
  const list = useId();
  return (
    <>
      <input autoFocus maxLength={100} autoComplete="off" list={list} value={name} onChange={(event) => setName(event.target.value)} className={FIELD} />
      <datalist id={list}>
        {names.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  );
}

function Note({ note, setNote }: { note: string; setNote: (note: string) => void }) {
  return (
    <Field label="Note, if it helps">
      <input maxLength={1000} value={note} onChange={(event) => setNote(event.target.value)} className={FIELD} />
    </Field>
  );
}

function Ask({ title, verb, close, save, children }: { title: string; verb: string; close: () => void; save: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    dialog.current?.close();
    save();
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby={id} className="m-auto w-96 max-w-full rounded-lg border border-line bg-surface p-5 text-ink backdrop:bg-black/40">
      <form onSubmit={submit} className="space-y-3">
        <h2 id={id} className="text-lg font-semibold break-words">
          {title}
        </h2>
        {children}
        <div className="flex gap-3">
          <Button main type="submit">
            {verb}
          </Button>
          <Button onClick={() => dialog.current?.close()}>Cancel</Button>
        </div>
      </form>
    </dialog>
  );
}
