import type { Schemas } from "../../api/client";

type Standing = Schemas["Standing"];

/** The champion first, then the others by their quantile loss; those that were left out last. */
export function ranked(all: readonly Standing[], demandClass: string): Standing[] {
  const worth = ({ champion, wql }: Standing) => (champion ? -1 : (wql ?? Number.MAX_VALUE));
  return all.filter((one) => one.demand_class === demandClass).sort((one, other) => worth(one) - worth(other));
}
