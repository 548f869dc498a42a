import type { Schemas } from "../api/client";
import { bucket } from "../format/dates";
import { units } from "../format/numbers";
import { namesOf } from "./links";

/** Why somebody set a number: the reason, and their comment where there is one. */
export function whyOf({ reason_code, comment }: { reason_code: string; comment: string }): string {
  return [reason_code.replaceAll("_", " "), comment].filter(Boolean).join(": ");
}

/** A number that a planner set, in words. */
export function numberIn({ node, bucket_start, quantity, user, reason_code }: Schemas["PlannersNumber"]): string {
  return `${namesOf(node).join(" › ")}, ${bucket(bucket_start)}: ${units(quantity)} units by ${user}, ${reason_code.replaceAll("_", " ")}`;
}
