import type { Schemas } from "../api/client";
import { namesOf } from "./links";

export type Effect = Schemas["Effect"];

/** The nodes of one level that change, those that change most first. */
export interface LevelEffects {
  level: string;
  hierarchy: string;
  effects: Effect[];
}

/** How far below the top a level stands; series lie below every node. */
function depthOf({ level, node }: Effect): number {
  if (level === "total") return 0;
  return level === "series" ? Infinity : namesOf(node).length;
}

/** Effects level by level, from the top down, each hierarchy for itself. */
export function byLevel(effects: readonly Effect[]): LevelEffects[] {
  const found = new Map<string, Effect[]>();
  for (const one of effects) {
    const name = JSON.stringify([one.level, one.level === "total" ? "" : one.hierarchy]);
    const group = found.get(name);
    if (group) group.push(one);
    else found.set(name, [one]);
  }
  return [...found.values()]
    .map((group) => ({ level: group[0]?.level ?? "", hierarchy: group[0]?.hierarchy ?? "", effects: group, depth: group[0] ? depthOf(group[0]) : 0 }))
    .sort((one, other) => one.depth - other.depth || one.hierarchy.localeCompare(other.hierarchy))
    .map(({ level, hierarchy, effects: group }) => ({
      level,
      hierarchy,
      effects: [...group].sort((one, other) => Math.abs(other.difference) - Math.abs(one.difference)),
    }));
}
