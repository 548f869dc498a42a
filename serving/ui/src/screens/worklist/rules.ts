/** What each rule of the worklist looks for, in words. */
export const RULES: Readonly<Record<string, string>> = {
  changed: "Changed much",
  biased: "Biased",
  outside: "Outside its interval",
  uncertain: "Uncertain",
  new: "New",
  expiring: "Lock expires",
};

export function ruleName(rule: string): string {
  return RULES[rule] ?? rule;
}
