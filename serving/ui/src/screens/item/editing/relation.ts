import type { Schemas } from "../../../api/client";
import { trail } from "../../links";

type Effect = Schemas["Effect"];
export type Relation = "this" | "above" | "below" | "beside";
const ORDER: Relation[] = ["this", "above", "below", "beside"];

/** Where something that changes stands, seen from the item. Above a series is every node that changes with it. */
export function relationOf(effect: Effect, hierarchy: string, node: string, isSeries: boolean): Relation {
  if (effect.node === node && (effect.hierarchy === hierarchy || isSeries)) return "this";
  if (effect.level === "total") return "above";
  if (isSeries) return effect.level === "series" ? "beside" : "above";
  if (effect.level === "series") return "below";
  if (effect.hierarchy !== hierarchy) return "beside";
  if (node === "total" || effect.node.startsWith(`${node}/`)) return "below";
  return trail(node).includes(effect.node) ? "above" : "beside";
}

/** Effects by where they stand: the item, what is above, what is below, and the rest. */
export function grouped(effects: readonly Effect[], hierarchy: string, node: string, isSeries: boolean): [Relation, Effect[]][] {
  return ORDER.map((relation): [Relation, Effect[]] => [
    relation,
    effects.filter((one) => relationOf(one, hierarchy, node, isSeries) === relation),
  ]).filter(([, found]) => found.length > 0);
}
