import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { units } from "../../format/numbers";
import { namesOf } from "../links";
import type { Proposal } from "./questions";

/** Who looks at a proposal, and where. */
export interface Looker {
  name: string;
  mayPlan: boolean;
  approval: Schemas["Proposals"]["approval"];
  cycle: string;
}

/** Why something cannot be done, in words with the next step; null where it can. */
export interface Refusals {
  approve: string | null;
  reject: string | null;
}

/** What would be refused of a proposal, so that no button offers it. `effect` is what a preview showed. */
export function refusalsOf(proposal: Proposal, looker: Looker, effect?: Schemas["Preview"]): Refusals {
  const both = (said: string) => ({ approve: said, reject: said });
  if (!looker.mayPlan) return both("You may read and not decide. That takes the role planner, which an administrator gives.");
  if (!proposal.inside) return both("It has numbers outside of the nodes that you plan. Somebody who plans all of them decides.");
  return { approve: whyNotApprove(proposal, looker, effect), reject: null };
}

function whyNotApprove(proposal: Proposal, looker: Looker, effect?: Schemas["Preview"]): string | null {
  const { proposal: number, user, cycle, is_current } = proposal;
  if (!is_current)
    return `It was made for the cycle of ${bucket(cycle)}. The cycle of ${bucket(looker.cycle)} is current, and its forecast knows more: it can only be rejected, and the numbers proposed again.`;
  const newer = newerNumbers(number, effect);
  if (newer[0])
    return `${newer[0].user} set ${units(newer[0].quantity)} units for one of its buckets after it was proposed${newer.length > 1 ? `, and ${newer.length - 1} more were set` : ""}. Approving would replace what nobody here has seen: it can only be rejected, and proposed again.`;
  if (looker.approval === "four_eyes" && user === looker.name)
    return "It is your own. Under four eyes somebody else must approve it; until then you can take it back.";
  return null;
}

/** Numbers that were set after the proposal in buckets of it: the ledger counts both. */
function newerNumbers(proposal: number, effect?: Schemas["Preview"]): Schemas["PlannersNumber"][] {
  return (effect?.replaced ?? []).filter((one) => one.number > proposal);
}

/** What a proposal is about, in a few words. */
export function aboutOf(proposal: Proposal): string {
  const nodes = [...new Set(proposal.numbers.map((one) => one.node))];
  const buckets = [...new Set(proposal.numbers.map((one) => one.bucket_start))].sort();
  const more = nodes.length > 1 ? ` and ${proposal.total > proposal.numbers.length ? "more than " : ""}${nodes.length - 1} more` : "";
  const [first, last] = [buckets[0], buckets.at(-1)];
  const when = first === undefined ? "" : first === last ? `, ${bucket(first)}` : `, ${bucket(first)} to ${bucket(last ?? first)}`;
  return `${namesOf(nodes[0] ?? "").join(" › ")}${more}${when}`;
}

/** The reasons that its numbers give. */
export function reasonsOf(proposal: Proposal): string {
  return [...new Set(proposal.numbers.map((one) => one.reason_code.replaceAll("_", " ")))].join(", ");
}

/** What became of it, in words. */
export function stateOf(proposal: Proposal): string {
  const { decision, user, is_current } = proposal;
  if (!decision) return is_current ? "waits" : "waits, its cycle is over";
  if (decision.approved) return `✓ approved by ${decision.user}`;
  const who = decision.user === user ? "↩ taken back" : `✕ rejected by ${decision.user}`;
  return decision.reason ? `${who}: ${decision.reason}` : who;
}
