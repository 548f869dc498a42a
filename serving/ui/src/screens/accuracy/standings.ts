import type { Schemas } from "../../api/client";

type Standing = Schemas["Standing"];

/** Names of the classes that a leaderboard judges, all first. */
export function classesOf(all: readonly Standing[]): string[] {
  const names = [...new Set(all.map((one) => one.demand_class))].sort();
  return names.sort((one, other) => Number(other === "all") - Number(one === "all"));
}

/** The champion first, then the others by their quantile loss; those that were left out last. */
export function ranked(all: readonly Standing[], demandClass: string): Standing[] {
  const worth = ({ champion, wql }: Standing) => (champion ? -1 : (wql ?? Number.MAX_VALUE));
  return all.filter((one) => one.demand_class === demandClass).sort((one, other) => worth(one) - worth(other));
}
