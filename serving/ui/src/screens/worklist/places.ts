/** Where numbers are drawn, from left to right: the greatest at the top, zero at the bottom. */
export function placesOf(values: readonly number[], width: number, height: number, edge = 2): [number, number][] {
  const most = Math.max(...values, 0);
  const step = (width - 2 * edge) / Math.max(1, values.length - 1);
  return values.map((value, at) => [edge + at * step, height - edge - (most > 0 ? value / most : 0) * (height - 2 * edge)]);
}
