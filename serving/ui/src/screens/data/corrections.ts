/** A planner's word on one attribute, as it is typed. */
export interface Word {
  attribute: string;
  /** `said` and the value, another value, or that nobody knows. */
  choice: "" | "said" | "other" | "nobody";
  value: string;
  other: string;
}

export function noWord(attribute: string): Word {
  return { attribute, choice: "", value: "", other: "" };
}

/** What a word says; null is that nobody knows. */
export function valueOf({ choice, value, other }: Word): string | null {
  if (choice === "nobody") return null;
  return choice === "other" ? other.trim() : value;
}

/** Whether a word says something. */
export function isSaid(word: Word): boolean {
  return word.choice === "nobody" || (word.choice !== "" && valueOf(word) !== "");
}

/** The words of a draft, with one on the attribute that is asked about. */
export function withAsked(words: readonly Word[], asked: string | undefined): Word[] {
  return asked === undefined || words.some((one) => one.attribute === asked) ? [...words] : [...words, noWord(asked)];
}

/** What is still missing, in words; null once it can be sent. */
export function lackingIn(words: readonly Word[], reason: string): string | null {
  if (words.length === 0) return "Choose what is to be corrected.";
  const silent = words.find((one) => !isSaid(one));
  if (silent) return `Say what ${silent.attribute} is.`;
  return reason.trim() === "" ? "Say why." : null;
}
