import type { Schemas } from "../../../api/client";
import { change, count, units } from "../../../format/numbers";
import { Table } from "../../../parts/Table";
import { namesOf } from "../../links";
import { numberIn } from "../../plannersNumbers";
import { grouped, type Relation } from "./relation";
import type { Editing } from "./useEditing";

const SHOWN = 30;
const TITLES: Record<Relation, string> = {
  this: "This item",
  above: "Totals above",
  below: "What lies below",
  beside: "Elsewhere",
};

/** What a draft would do to every total, what cannot be kept, and what this planner's own record says. */
export function EffectView({ effect, editing, isSeries, brief }: { effect: Schemas["Preview"]; editing: Editing; isSeries: boolean; brief?: boolean }) {
  const all = grouped(effect.effect, editing.hierarchy, editing.node, isSeries);
  const groups = brief ? all.filter(([relation]) => relation === "this" || relation === "above") : all;
  return (
    <section aria-label="Preview" className="space-y-4 rounded-md border border-line p-3">
      <Sentences title="Cannot be kept" sentences={effect.conflicts} bad />
      <Sentences title="Your record in such cases" sentences={effect.advice} />
      <Sentences title="Would be replaced" sentences={effect.replaced.map(numberIn)} />
      {groups.length === 0 && <p>No total would change.</p>}
      {groups.map(([relation, found]) => (
        <Effects key={relation} title={TITLES[relation]} effects={found} />
      ))}
      <p className="text-soft">Units over the buckets changed. {count(effect.series)} series change.</p>
    </section>
  );
}

/** Totals before and after, those that change most first. */
function Effects({ title, effects }: { title: string; effects: Schemas["Effect"][] }) {
  return (
    <div>
      <h3 className="font-semibold">{title}</h3>
      <Table
        caption={`${title}, in units over the buckets changed`}
        rows={effects.slice(0, SHOWN)}
        keyOf={(one) => `${one.hierarchy} ${one.level} ${one.node}`}
        columns={[
          { name: "node", title: "Node or series", cell: (one) => namesOf(one.node).join(" › ") },
          { name: "level", title: "Level", cell: (one) => `${one.level} of ${one.hierarchy}` },
          { name: "before", title: "Now (units)", numeric: true, cell: (one) => units(one.before) },
          { name: "after", title: "Then (units)", numeric: true, cell: (one) => <strong>{units(one.after)}</strong> },
          { name: "difference", title: "Difference", numeric: true, cell: (one) => change(one.difference) },
        ]}
      />
      {effects.length > SHOWN && <p className="text-soft">The {count(SHOWN)} that change most of {count(effects.length)}.</p>}
    </div>
  );
}

export function Sentences({ title, sentences, bad = false }: { title: string; sentences: readonly string[]; bad?: boolean }) {
  if (sentences.length === 0) return null;
  return (
    <div>
      <h3 className={`font-semibold ${bad ? "text-bad" : ""}`}>{title}</h3>
      <ul className="list-disc pl-5">
        {sentences.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </div>
  );
}
