/** Which rows are chosen. Rows are named by their series; ranges follow the order in which rows are shown. */

/** With everything between two rows chosen, or not; only `to` where `from` is not shown. */
export function ranged(chosen: ReadonlySet<string>, shown: readonly string[], from: string | null, to: string, on: boolean): Set<string> {
  const start = from === null ? -1 : shown.indexOf(from);
  const end = shown.indexOf(to);
  const range = start < 0 || end < 0 ? [to] : shown.slice(Math.min(start, end), Math.max(start, end) + 1);
  return toggled(chosen, range, on);
}

export function toggled(chosen: ReadonlySet<string>, rows: readonly string[], on: boolean): Set<string> {
  const next = new Set(chosen);
  for (const row of rows) {
    if (on) next.add(row);
    else next.delete(row);
  }
  return next;
}
