import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { answer, api } from "../../api/client";
import { count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { NodeLink } from "../ItemLink";
import { namesOf } from "../links";
import { hierarchies } from "../questions";

type Node = Schemas["NodePage"]["nodes"][number];
interface Place {
  hierarchy: string;
  levels: string[];
  choose: (conditions: string[]) => void;
}

/** The hierarchies, opened level by level. A node limits the table to what is below it. */
export function Tree({ choose }: { choose: (conditions: string[]) => void }) {
  const found = useQuery(hierarchies);
  return (
    <nav aria-label="Hierarchies" className="max-h-[75vh] overflow-auto rounded-lg border border-line bg-surface p-3">
      <Asked of={found}>
        {(data) =>
          data.hierarchies.map(({ name, levels }) => (
            <section key={name} className="mb-3">
              <h2 className="font-semibold">{name}</h2>
              <NodeLink hierarchy={name} node="total" />
              <Branch place={{ hierarchy: name, levels: levels.map((one) => one.level), choose }} parent="total" depth={1} />
            </section>
          ))
        }
      </Asked>
    </nav>
  );
}

function Branch({ place, parent, depth }: { place: Place; parent: string; depth: number }) {
  const { hierarchy, levels } = place;
  const level = levels[depth];
  const found = useQuery({
    queryKey: ["nodes", hierarchy, parent, level],
    queryFn: () =>
      answer(api.GET("/v1/hierarchies/{name}/nodes", { params: { path: { name: hierarchy }, query: { parent, level, limit: 1000 } } })),
  });
  return (
    <Asked of={found} lines={2}>
      {(page) => (
        <ul className="pl-3">
          {page.nodes.map((node) => (
            <Twig key={node.node} place={place} node={node} depth={depth} />
          ))}
        </ul>
      )}
    </Asked>
  );
}

function Twig({ place, node, depth }: { place: Place; node: Node; depth: number }) {
  const [open, setOpen] = useState(false);
  const names = namesOf(node.node);
  const name = names.at(-1) ?? node.node;
  const below = place.levels[depth + 1];
  const conditions = names.map((one, at) => `${place.levels[at + 1]}:${one}`);
  return (
    <li>
      <span className="flex items-baseline gap-1">
        {below !== undefined && below !== "series" ? (
          <button type="button" aria-expanded={open} aria-label={`Open ${name}`} onClick={() => setOpen(!open)} className="w-6 text-soft">
            {open ? "▾" : "▸"}
          </button>
        ) : (
          <span className="w-6" />
        )}
        <button type="button" onClick={() => place.choose(conditions)} className="text-left hover:underline">
          {name}
        </button>
        <span className="ml-auto text-sm text-soft tabular-nums">{count(node.series)}</span>
      </span>
      {open && <Branch place={place} parent={node.node} depth={depth + 1} />}
    </li>
  );
}
