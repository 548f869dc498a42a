import { useQuery } from "@tanstack/react-query";
import { cloneElement, useId, type InputHTMLAttributes, type ReactElement, type ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { FIELD } from "../../parts/Form";
import { Button } from "../../parts/Notice";
import { hierarchies } from "../questions";
import { KINDS, lackingIn, lastDay, periodOf, type ChangeForm } from "./changes";

export const LOOK = `${FIELD} read-only:text-soft`;

interface Fields {
  one: ChangeForm;
  cycle: Schemas["Cycle"];
  put: (part: Partial<ChangeForm>) => void;
}

/** One change of a scenario, with what its kind means. */
export function ChangeFields({ place, one, cycle, put, drop }: Fields & { place: number; drop: () => void }) {
  const { title, means } = KINDS[one.kind];
  const lacks = lackingIn(one);
  return (
    <fieldset className="rounded-md border border-line p-3">
      <legend className="px-1 font-semibold">
        {place + 1}. {title}
      </legend>
      <div className="mb-3 flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-3xl text-soft">{means}</p>
        <Button onClick={drop} aria-label={`Remove change ${place + 1}`}>
          Remove
        </Button>
      </div>
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-4">
        {one.kind === "launch" ? (
          <LaunchFields one={one} cycle={cycle} put={put} />
        ) : (
          <>
            <Where one={one} put={put} />
            <Period one={one} cycle={cycle} put={put} />
            <Effect one={one} cycle={cycle} put={put} />
          </>
        )}
      </div>
      {lacks !== null && <p className="mt-2 text-sm text-soft">{lacks}</p>}
    </fieldset>
  );
}

/** A field under its name; the note describes it and is no part of the name. */
function Field({ label, note, list, children }: { label: string; note?: string; list?: ReactNode; children: ReactElement<InputHTMLAttributes<HTMLElement>> }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {cloneElement(children, { id, "aria-describedby": note ? `${id}note` : undefined })}
      {list}
      {note && (
        <span id={`${id}note`} className="mt-1 block text-sm text-soft">
          {note}
        </span>
      )}
    </div>
  );
}

function Number({ label, note, value, put }: { label: string; note?: string; value: string; put: (value: string) => void }) {
  return (
    <Field label={label} note={note}>
      <input type="number" step="any" value={value} onChange={(event) => put(event.target.value)} className={LOOK} />
    </Field>
  );
}

/** A node by its path, with those of the upper levels offered; or a series, or a SKU. */
function Where({ one, put }: Omit<Fields, "cycle">) {
  const known = useQuery(hierarchies).data?.hierarchies ?? [];
  const hierarchy = one.hierarchy || (known[0]?.name ?? "");
  const list = useId();
  const nodes = useQuery({
    queryKey: ["nodes", hierarchy, "from the top"],
    queryFn: () => answer(api.GET("/v1/hierarchies/{name}/nodes", { params: { path: { name: hierarchy }, query: { limit: 1000 } } })),
    enabled: hierarchy !== "",
    staleTime: 5 * 60_000,
  });
  return (
    <>
      {known.length > 1 && (
        <Field label="Hierarchy">
          <select value={hierarchy} onChange={(event) => put({ hierarchy: event.target.value === known[0]?.name ? "" : event.target.value, node: "" })} className={LOOK}>
            {known.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
      )}
      <Field
        label="Where"
        note="A node such as GROCERY/SOUP, total, a series or a SKU: everything below it changes."
        list={
          <datalist id={list}>
            {nodes.data?.nodes.map(({ level, node }) => (
              <option key={`${level} ${node}`} value={node}>
                {level}
              </option>
            ))}
          </datalist>
        }
      >
        <input list={list} value={one.node} autoComplete="off" onChange={(event) => put({ node: event.target.value })} className={LOOK} />
      </Field>
    </>
  );
}

function Period({ one, cycle, put }: Fields) {
  const range = { min: cycle.cycle, max: lastDay(cycle.leads.at(-1) ?? cycle.cycle, cycle.bucket_weeks) };
  return (
    <>
      <Field label="From" note={periodOf(one.first, one.last)}>
        <input type="date" {...range} value={one.first} onChange={(event) => put({ first: event.target.value })} className={LOOK} />
      </Field>
      <Field label="To" note="A bucket that is covered in part changes in part.">
        <input type="date" {...range} value={one.last} onChange={(event) => put({ last: event.target.value })} className={LOOK} />
      </Field>
    </>
  );
}

function Effect({ one, cycle, put }: Fields) {
  const percent = <Number label="Percent" note="Below zero is less." value={one.percent} put={(next) => put({ percent: next })} />;
  switch (one.kind) {
    case "price":
      return (
        <>
          {percent}
          <Number
            label="Elasticity of your own"
            note="Such as -1.8; left empty, that of each series counts, with its uncertainty."
            value={one.elasticity}
            put={(next) => put({ elasticity: next })}
          />
        </>
      );
    case "growth":
      return percent;
    case "add_promotion":
      return (
        <>
          <Promotion one={one} known={cycle.promotions} put={put} />
          <Number label="Share of stores (percent)" value={one.share} put={(next) => put({ share: next })} />
          <Number label="Discount (percent)" note="Only where the calendar has discounts." value={one.discount} put={(next) => put({ discount: next })} />
        </>
      );
    case "move_promotion":
      return (
        <>
          <Promotion one={one} known={cycle.promotions} put={put} all />
          <Number label="Days later" note="7 is a week later, -7 a week earlier." value={one.days} put={(next) => put({ days: next })} />
        </>
      );
    case "remove_promotion":
      return <Promotion one={one} known={cycle.promotions} put={put} all />;
    case "regressor":
      return (
        <>
          <Choice label="Outside quantity" value={one.name} values={cycle.regressors} none="the model of this cycle reads none" put={(name) => put({ name })} />
          <Field label="Change">
            <select value={one.by} onChange={(event) => put({ by: event.target.value === "value" ? "value" : "percent" })} className={LOOK}>
              <option value="percent">by percent</option>
              <option value="value">to a value</option>
            </select>
          </Field>
          {one.by === "percent" ? percent : <Number label="Value in each bucket" value={one.value} put={(value) => put({ value })} />}
        </>
      );
    default:
      return null;
  }
}

function Promotion({ one, known, put, all }: { one: ChangeForm; known: string[]; put: Fields["put"]; all?: boolean }) {
  return (
    <Choice
      label="Kind of promotion"
      value={one.promotion}
      values={known}
      any={all ? "all kinds" : undefined}
      none="the model of this cycle reads none"
      put={(promotion) => put({ promotion })}
    />
  );
}

function Choice({ label, value, values, any, none, put }: { label: string; value: string; values: string[]; any?: string; none: string; put: (value: string) => void }) {
  const offered = value === "" || values.includes(value) ? values : [value, ...values];
  return (
    <Field label={label} note={values.length === 0 ? `None can be chosen: ${none}.` : undefined}>
      <select value={value} onChange={(event) => put(event.target.value)} className={LOOK}>
        <option value="">{any ?? "Choose…"}</option>
        {offered.map((name) => (
          <option key={name} value={name}>
            {name.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    </Field>
  );
}

function LaunchFields({ one, cycle, put }: Fields) {
  const column = (of: "fresh" | "like", name: string) => (value: string) => put({ [of]: { ...one[of], [name]: value } });
  return (
    <>
      {cycle.key.map((name) => (
        <div key={name} className="contents">
          <Field label={`New ${name}`}>
            <input value={one.fresh[name] ?? ""} autoComplete="off" onChange={(event) => column("fresh", name)(event.target.value)} className={LOOK} />
          </Field>
          <Field label={`Like ${name}`}>
            <input value={one.like[name] ?? ""} autoComplete="off" onChange={(event) => column("like", name)(event.target.value)} className={LOOK} />
          </Field>
        </div>
      ))}
      <Number label="Multiplier" note="Its size beside that one; 1 is as big." value={one.multiplier} put={(multiplier) => put({ multiplier })} />
      <Field label="First day of sale">
        <input
          type="date"
          min={cycle.cycle}
          max={lastDay(cycle.leads.at(-1) ?? cycle.cycle, cycle.bucket_weeks)}
          value={one.first}
          onChange={(event) => put({ first: event.target.value })}
          className={LOOK}
        />
      </Field>
    </>
  );
}
