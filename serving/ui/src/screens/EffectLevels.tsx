import type { Schemas } from "../api/client";
import { change, count, NOTHING, signedShare, units } from "../format/numbers";
import { Table } from "../parts/Table";
import { byLevel, type LevelEffects } from "./effects";
import { ItemLink } from "./ItemLink";

const SHOWN = 25;

/** What an edit does, level by level; the first levels are open. */
export function EffectLevels({ effect, open = 1 }: { effect: Schemas["Preview"]; open?: number }) {
  const levels = byLevel(effect.effect).filter((one) => one.level !== "total");
  const total = effect.effect.find((one) => one.level === "total");
  return (
    <div className="space-y-2">
      <p>
        {total ? (
          <>
            The total goes from {units(total.before)} to <strong>{units(total.after)} units</strong> over the buckets changed: {change(total.difference)}
            {total.before > 0 && ` (${signedShare(total.difference / total.before)})`}.
          </>
        ) : (
          "The total stays as it is, or you do not see it."
        )}{" "}
        {count(effect.series)} series change.
      </p>
      {levels.map((one, place) => (
        <Level key={`${one.hierarchy} ${one.level}`} {...one} open={place < open} many={one.level === "series" ? effect.series : one.effects.length} />
      ))}
    </div>
  );
}

function Level({ level, hierarchy, effects, open, many }: LevelEffects & { open: boolean; many: number }) {
  const title = level === "series" ? "series" : `${level} of ${hierarchy}`;
  return (
    <details open={open} className="rounded-md border border-line px-3 py-2">
      <summary className="font-medium">
        {title}: {count(many)} change
      </summary>
      <Table
        caption={`Effect on ${title}, in units over the buckets changed`}
        rows={effects.slice(0, SHOWN)}
        keyOf={(one) => one.node}
        columns={[
          { name: "node", title: level === "series" ? "Series" : "Node", cell: (one) => <ItemLink hierarchy={one.hierarchy} level={level} node={one.node} bare /> },
          { name: "before", title: "Now (units)", numeric: true, cell: (one) => units(one.before) },
          { name: "after", title: "Then (units)", numeric: true, cell: (one) => <strong>{units(one.after)}</strong> },
          { name: "difference", title: "Difference", numeric: true, cell: (one) => change(one.difference) },
          { name: "share", title: "In percent", numeric: true, cell: (one) => (one.before > 0 ? signedShare(one.difference / one.before) : NOTHING) },
        ]}
      />
      {many > SHOWN && (
        <p className="mt-1 text-sm text-soft">
          The {count(Math.min(SHOWN, effects.length))} that change most of {count(many)}.
        </p>
      )}
    </details>
  );
}
