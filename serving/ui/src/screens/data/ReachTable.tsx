import type { Schemas } from "../../api/client";
import { bucket, day } from "../../format/dates";
import { count } from "../../format/numbers";
import { Table } from "../../parts/Table";

const PARTS: readonly [keyof Schemas["Reached"], string][] = [
  ["files", "Files read again"],
  ["buckets", "Buckets built again"],
  ["models", "Models trained again (cycle)"],
  ["cycles", "Cycles forecast and published again"],
  ["scored", "Cycles scored again"],
  ["out_of_reach", "Left as they are: too little history"],
];
const SHOWN = 6;

/** Everything computed from a file, as a recall or its undo has it computed again. */
export function ReachTable({ reached }: { reached: Schemas["Reached"] }) {
  return (
    <Table
      caption="What is computed again"
      rows={PARTS.filter(([name]) => name !== "out_of_reach" || reached.out_of_reach.length > 0)}
      keyOf={([name]) => name}
      columns={[
        { name: "what", title: "What", cell: ([, title]) => title },
        { name: "many", title: "How many", numeric: true, cell: ([name]) => count(reached[name].length) },
        { name: "which", title: "Which", cell: ([name]) => inShort(reached[name].map((one) => told(name, one))) },
      ]}
    />
  );
}

function told(name: keyof Schemas["Reached"], one: string): string {
  if (name === "files") return one;
  return name === "buckets" ? bucket(one) : day(one);
}

function inShort(names: readonly string[]): string {
  return names.length <= SHOWN ? names.join(", ") : `${names.slice(0, SHOWN - 1).join(", ")}, … ${names.at(-1)}`;
}
