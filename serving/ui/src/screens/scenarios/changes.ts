import { bucket, day, daysAfter } from "../../format/dates";
import { change as signed, numbers, share } from "../../format/numbers";
import { namesOf } from "../links";

export type Kind = "price" | "growth" | "add_promotion" | "move_promotion" | "remove_promotion" | "regressor" | "launch";

/** A change as somebody types it; numbers are text until they are sent, and shares are in percent. */
export interface ChangeForm {
  kind: Kind;
  node: string;
  hierarchy: string;
  first: string;
  last: string;
  percent: string;
  elasticity: string;
  promotion: string;
  share: string;
  discount: string;
  days: string;
  name: string;
  by: "percent" | "value";
  value: string;
  fresh: Record<string, string>;
  like: Record<string, string>;
  multiplier: string;
}

export interface ScenarioForm {
  name: string;
  description: string;
  changes: ChangeForm[];
}

/** Whether a scenario is its author's alone to change: its name begins with theirs, with a dot after it. */
export function isOneUsers(name: string): boolean {
  return name.includes(".");
}

/** A change as the API takes and gives it. */
export type Change = Record<string, unknown> & { kind: Kind };
export interface Definition {
  description?: string;
  cycle?: string;
  changes: Change[];
}

/** What each kind of change means, in the order in which they are offered. */
export const KINDS: Record<Kind, { title: string; means: string }> = {
  price: {
    title: "Another price",
    means: "Demand follows by the price elasticity of each series, as the past shows it. State one of your own, and it is taken as certain.",
  },
  growth: {
    title: "Growth or decline",
    means: "Forecast and interval, multiplied. For what nothing else in the plan explains, such as a neighbour's promotion.",
  },
  add_promotion: {
    title: "A promotion more",
    means: "The model forecasts again as if the calendar had it. Series that statistical methods forecast read no promotions and stay as they are.",
  },
  move_promotion: { title: "A promotion on other days", means: "Promotions that begin in the period, that many days later; a number below zero is earlier." },
  remove_promotion: { title: "A promotion less", means: "Promotions of the calendar without their days in the period." },
  regressor: {
    title: "Another outside quantity",
    means: "The model forecasts again with that future of it, as far ahead as it is known; after that its last value stays.",
  },
  launch: {
    title: "A new store or product",
    means: "Every series of an existing one once more under the new key, times the multiplier. Promoting leaves it out: a file of feed product_life announces it.",
  },
};
export const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export function emptyChange(kind: Kind, first: string, last: string, top = "total"): ChangeForm {
  return {
    kind,
    node: kind === "regressor" ? top : "",
    hierarchy: "",
    first,
    last,
    percent: "",
    elasticity: "",
    promotion: "",
    share: "100",
    discount: "",
    days: "",
    name: "",
    by: "percent",
    value: "",
    fresh: {},
    like: {},
    multiplier: "1",
  };
}

/** A number in a text; null where there is none. */
function numberIn(text: string): number | null {
  const found = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(found) ? found : null;
}

function filled(columns: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(columns).flatMap(([name, value]) => (value.trim() ? [[name, value.trim()]] : [])));
}

/** What a change still lacks, in words; null where it can be sent. */
export function lackingIn(one: ChangeForm): string | null {
  const { kind } = one;
  if (kind === "launch") {
    const [fresh, like] = [filled(one.fresh), filled(one.like)];
    if (Object.keys(fresh).length === 0) return "Name the new store or product.";
    if (Object.keys(fresh).sort().join() !== Object.keys(like).sort().join()) return "Say for each new name which existing one it is like.";
    if (!((numberIn(one.multiplier) ?? 0) > 0)) return "The multiplier is a number above zero.";
    return null;
  }
  if (one.node.trim() === "") return "Say where: a node, a series or a SKU.";
  if (one.first === "" || one.last === "") return "Say from which day to which.";
  if (one.last < one.first) return "The last day lies before the first.";
  if (kind === "regressor" && one.name === "") return "Choose the outside quantity.";
  if (kind === "regressor" && numberIn(one.by === "value" ? one.value : one.percent) === null) return "Say how it changes.";
  if ((kind === "price" || kind === "growth") && numberIn(one.percent) === null) return "Say by how many percent.";
  if (kind === "price" && (numberIn(one.percent) ?? 0) <= -100) return "A price stays above −100 %.";
  if (kind === "add_promotion" && one.promotion === "") return "Choose the kind of promotion.";
  if (kind === "add_promotion" && !((numberIn(one.share) ?? 0) > 0 && (numberIn(one.share) ?? 0) <= 100)) return "The share of stores lies above 0 % and up to 100 %.";
  if (kind === "move_promotion" && !Number.isInteger(numberIn(one.days) ?? NaN)) return "Say by how many whole days.";
  return null;
}

/** What a scenario still lacks, one thing at a time; null where it can be saved. One that is kept has its name. */
export function lacking(form: ScenarioForm, isKept = false): string | null {
  if (!isKept && (!NAME.test(form.name) || form.name === "base")) return "Give it a name of small letters, digits, - and _, other than base.";
  if (form.changes.length === 0) return "Add what is different.";
  for (const [place, one] of form.changes.entries()) {
    const lacks = lackingIn(one);
    if (lacks !== null) return `Change ${place + 1}: ${lacks}`;
  }
  return null;
}

/** The change as the API takes it. */
function changeOf(one: ChangeForm): Change {
  const { kind } = one;
  if (kind === "launch") return { kind, new: filled(one.fresh), like: filled(one.like), multiplier: numberIn(one.multiplier), ...(one.first ? { first: one.first } : {}) };
  const place = { kind, node: one.node.trim(), ...(one.hierarchy ? { hierarchy: one.hierarchy } : {}), first: one.first, last: one.last };
  const elasticity = numberIn(one.elasticity);
  const discount = numberIn(one.discount);
  const promotion = one.promotion ? { promotion: one.promotion } : {};
  switch (kind) {
    case "price":
      return { ...place, percent: numberIn(one.percent), ...(elasticity === null ? {} : { elasticity }) };
    case "growth":
      return { ...place, percent: numberIn(one.percent) };
    case "add_promotion":
      return { ...place, ...promotion, share: (numberIn(one.share) ?? 100) / 100, ...(discount === null ? {} : { discount: discount / 100 }) };
    case "move_promotion":
      return { ...place, ...promotion, days: numberIn(one.days) };
    case "remove_promotion":
      return { ...place, ...promotion };
    case "regressor":
      return { ...place, name: one.name, ...(one.by === "value" ? { value: numberIn(one.value) } : { percent: numberIn(one.percent) }) };
  }
}

export function definitionOf(form: ScenarioForm): Definition {
  return { ...(form.description.trim() ? { description: form.description.trim() } : {}), changes: form.changes.map(changeOf) };
}

function text(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function percentOf(part: unknown): string {
  return typeof part === "number" ? String(Number((part * 100).toFixed(6))) : "";
}

/** A scenario that is kept, as a form to change it. */
export function formOf(name: string, definition: Definition): ScenarioForm {
  return {
    name,
    description: definition.description ?? "",
    changes: definition.changes.map((one) => ({
      ...emptyChange(one.kind, text(one.first), text(one.last)),
      node: text(one.node) || (one.kind === "regressor" ? "total" : ""),
      hierarchy: text(one.hierarchy),
      percent: text(one.percent),
      elasticity: text(one.elasticity),
      promotion: text(one.promotion),
      share: one.share === undefined ? "100" : percentOf(one.share),
      discount: percentOf(one.discount),
      days: text(one.days),
      name: text(one.name),
      by: one.value === undefined || one.value === null ? "percent" : "value",
      value: text(one.value),
      fresh: (one.new as Record<string, string> | undefined) ?? {},
      like: (one.like as Record<string, string> | undefined) ?? {},
      multiplier: text(one.multiplier) || "1",
    })),
  };
}

function keyed(columns: unknown): string {
  return Object.entries((columns as Record<string, string> | undefined) ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** A change in a sentence. */
export function sentenceOf(one: Change): string {
  if (one.kind === "launch") {
    const from = one.first ? `, from ${day(text(one.first))} on` : "";
    return `A new ${keyed(one.new)}, like ${keyed(one.like)} times ${numbers().units(Number(one.multiplier ?? 1))}${from}`;
  }
  const where = namesOf(text(one.node) || "total").join(" › ");
  const when = `${day(text(one.first))} to ${day(text(one.last))}`;
  const percent = `${signed(Number(one.percent))} %`;
  const promotion = one.promotion ? `the promotion ${text(one.promotion)}` : "every promotion";
  const end = ` for ${where}, ${when}`;
  switch (one.kind) {
    case "price":
      return `Price ${percent}${end}${one.elasticity === undefined ? "" : `, elasticity ${text(one.elasticity)} as stated`}`;
    case "growth":
      return `Demand ${percent}${end}`;
    case "add_promotion":
      return `The promotion ${text(one.promotion)} in ${share(Number(one.share ?? 1))} of the stores${one.discount ? `, ${share(Number(one.discount))} off` : ""}${end}`;
    case "move_promotion":
      return `${promotion} that begins in the period, ${signed(Number(one.days))} days${end}`.replace(/^e/, "E").replace(/^t/, "T");
    case "remove_promotion":
      return `Without ${promotion}${end}`;
    case "regressor":
      return `${text(one.name)} ${one.value === undefined ? percent : `at ${text(one.value)}`}${end}`;
  }
}

/** The last day of a bucket. */
export function lastDay(start: string, weeks: number): string {
  return daysAfter(start, weeks * 7 - 1);
}

/** A period with its weeks, as `W50 · 11 Dec 2017 to W51 · 24 Dec 2017`. */
export function periodOf(first: string, last: string): string {
  return first === "" || last === "" ? "" : `${bucket(first)} to ${bucket(last)}`;
}
