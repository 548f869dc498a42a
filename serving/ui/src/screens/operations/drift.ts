import { share, units } from "../../format/numbers";
import type { Schemas } from "../../api/client";

export type Compared = Schemas["Compared"];
export type JudgedCycle = Schemas["JudgedCycle"];
type Size = "stable" | "moderate" | "large" | "too few to judge";

/** Of the threshold from which on a distance has drifted, the share from which on it is worth a look: 0.1 of 0.25. */
const MODERATE = 0.4;

/** What moved of a channel or an attribute, with both distances where there are both. */
export interface Moved {
  name: string;
  psi?: Compared;
  ks?: Compared;
  unknown?: Compared;
  fresh?: Compared;
  size: Size;
  /** The largest distance, in its threshold. */
  rank: number;
}

/** How large a distance is, in words: large is what counts as drift. */
export function sizeOf(one: Compared): Size {
  if (one.verdict === "unjudged" || one.value == null) return "too few to judge";
  if (one.verdict === "drift") return "large";
  return nearness(one) >= MODERATE ? "moderate" : "stable";
}

function nearness({ value, reference, threshold }: Compared): number {
  if (value == null || threshold == null) return 0;
  const from = reference ?? 0; // shares are compared with their share at training
  return threshold > from ? (value - from) / (threshold - from) : 0;
}

/** Channels or attributes, what moved most first; all of them together stand apart. */
export function movedOf(rows: readonly Compared[], kind: "channels" | "attributes"): Moved[] {
  const found = new Map<string, Moved>();
  for (const row of rows.filter((one) => one.kind === kind && one.name !== "all")) {
    const moved = found.get(row.name) ?? { name: row.name, size: "stable", rank: 0 };
    if (row.measure === "new values") moved.fresh = row;
    else moved[row.measure as "psi" | "ks" | "unknown"] = row;
    found.set(row.name, moved);
  }
  const judged = [...found.values()].map((one) => {
    const rows = [one.psi, one.ks, one.unknown].filter((row) => row !== undefined);
    return { ...one, size: worst(rows.map(sizeOf)), rank: Math.max(0, ...rows.map(nearness)) };
  });
  return judged.sort((one, other) => SIZES.indexOf(other.size) - SIZES.indexOf(one.size) || other.rank - one.rank || one.name.localeCompare(other.name));
}

const SIZES: readonly Size[] = ["too few to judge", "stable", "moderate", "large"];

function worst(sizes: readonly Size[]): Size {
  return SIZES[Math.max(0, ...sizes.map((one) => SIZES.indexOf(one)))] ?? "stable";
}

/** An error as people read it: a share, save for those that are measured in errors of a naive forecast. */
export function errorOf(value: number | null, metric: string | null): string {
  return metric === "rmsse" ? units(value) : share(value);
}

export const VERDICTS: Readonly<Record<JudgedCycle["verdict"], string>> = {
  drift: "! drift",
  stable: "✓ stable",
  unjudged: "? not judged",
};
/** Why a cycle has its verdict, where nothing drifted that asks for a retraining. */
export const QUIET: Readonly<Record<JudgedCycle["verdict"], string>> = {
  drift: "",
  stable: "nothing drifted that asks for a retraining",
  unjudged: "too little came since the training",
};
export const OUTCOMES: Readonly<Record<Schemas["Retraining"]["verdict"], string>> = {
  first: "✓ first model",
  won: "✓ won and took over",
  lost: "✕ lost",
  unjudged: "? took over unjudged",
};
