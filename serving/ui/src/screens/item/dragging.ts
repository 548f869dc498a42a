import type uPlot from "uplot";
import type { Lines } from "./lines";

type Time = Pick<Lines, "starts" | "cutoff">;
type Range = (from: string, to: string) => void;
/** What a chart looks closer at: seconds since 1970, and whether that reaches to the last bucket. */
export interface Closer {
  min: number;
  max: number;
  toEnd: boolean;
}

/** What a chart that is drawn anew looks at, over the buckets that it has by now; null is all of them. */
export function againOf(closer: Closer | null, at: readonly number[]): { min: number; max: number } | null {
  const [first, last] = [at[0], at.at(-1)];
  if (closer === null || first === undefined || last === undefined) return null;
  const [min, max] = [Math.max(closer.min, first), closer.toEnd ? last : Math.min(closer.max, last)];
  return min < max && (min > first || max < last) ? { min, max } : null;
}

/** Pixels below which a hand that shakes clicked all the same. */
const SHAKEN = 4;

/** First and last of the forecast's buckets from one place to another; null where there is none. */
export function draggedOver({ starts, cutoff }: Time, one: number, other: number): [string, string] | null {
  const [from, to] = [starts[Math.max(Math.min(one, other), cutoff)], starts[Math.max(one, other)]];
  return from === undefined || to === undefined || from > to ? null : [from, to];
}

/** Whether a drag that begins at a place chooses buckets; if not, it looks closer. */
export function chooses({ cutoff }: Time, begun: number, shift: boolean): boolean {
  return !shift && begun >= cutoff;
}

/** What a drag does: over the forecast it chooses buckets, where that is possible; elsewhere, and with Shift, it looks closer. */
export function dragOf(lines: Time, range: () => Range | undefined): { cursor: uPlot.Cursor; end: (plot: uPlot) => void } {
  let dragged = false;
  const begin = (plot: uPlot, event: MouseEvent) => {
    dragged = false;
    const chosen = range() !== undefined && chooses(lines, plot.posToIdx(event.offsetX), event.shiftKey);
    if (plot.cursor.drag) plot.cursor.drag.setScale = !chosen;
  };
  return {
    cursor: {
      bind: {
        mousedown: (plot, target, handle) => (event) => {
          if (event.button !== 0 || event.target !== target) return null;
          begin(plot, event);
          return handle(event);
        },
      },
      drag: { x: true, y: false, dist: SHAKEN, click: (_, event) => dragged && event.stopImmediatePropagation() },
    },
    end: (plot) => {
      dragged = true;
      if (plot.cursor.drag?.setScale) return;
      const { left, width } = plot.select;
      const found = draggedOver(lines, plot.posToIdx(left), plot.posToIdx(left + width));
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      if (found) range()?.(...found);
    },
  };
}
