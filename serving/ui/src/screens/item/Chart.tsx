import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { bucket, day } from "../../format/dates";
import { share, units } from "../../format/numbers";
import { useTheme } from "../../layout/theme";
import { Button } from "../../parts/Notice";
import { againOf, dragOf, type Closer } from "./dragging";
import { saysOf } from "./lanes";
import { Legend } from "./Legend";
import type { Lines } from "./lines";

const HEIGHT = 340;
/** Height of a lane, in pixels of the page. */
const LANE = 18;
/** How many buckets of history stand before the forecast where the chart looks closer at it. */
const CLOSE = 13;

type Range = (from: string, to: string) => void;

/** History and forecast on one line of time. What it shows stands as numbers in the table below it. */
export default function Chart({
  lines,
  title,
  chosen,
  choose,
  range,
}: {
  lines: Lines;
  title: string;
  /** First and last bucket that are to be changed; empty text is none. */
  chosen: { from: string; to: string };
  choose: (start: string, stretch: boolean) => void;
  /** Chooses the buckets that were dragged over; undefined where nothing can be changed, and every drag looks closer. */
  range: Range | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  const { theme } = useTheme();
  const [at, setAt] = useState<number | null>(null);
  const [closer, setCloser] = useState(false);
  const looks = useRef<Closer | null>(null);
  const drawn = useRef<uPlot>(null);
  const now = useRef({ chosen, choose, range });
  useEffect(() => {
    now.current = { chosen, choose, range };
  });
  useEffect(() => drawn.current?.redraw(false), [chosen.from, chosen.to]);
  useEffect(() => {
    const holder = place.current;
    if (holder === null) return;
    const drag = dragOf(lines, () => now.current.range);
    const look = (found: Closer | null) => {
      looks.current = found;
      setCloser(found !== null);
    };
    // Drawn anew after a save or when numbers came, it goes on looking at what it looked at.
    const again = againOf(looks.current, lines.at);
    const plot = new uPlot(options(lines, holder, drag, { point: setAt, look, chosen: () => now.current.chosen }), dataOf(lines), holder);
    if (again) plot.setScale("x", again);
    drawn.current = plot;
    // A drag is no click: it is kept from coming here.
    plot.root.addEventListener("click", (event) => {
      const start = lines.starts[plot.cursor.idx ?? -1];
      if (start !== undefined && plot.over.contains(event.target as Node)) now.current.choose(start, event.shiftKey);
    });
    const watch = new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height: heightOf(lines) }));
    watch.observe(holder);
    return () => {
      watch.disconnect();
      drawn.current = null;
      plot.destroy();
    };
  }, [lines, theme]);
  const show = (first: number) => drawn.current?.setScale("x", { min: lines.at[Math.max(first, 0)] ?? 0, max: lines.at.at(-1) ?? 0 });
  return (
    <figure>
      <div ref={place} role="img" aria-label={title} className="min-h-[340px] w-full" />
      <p className="min-h-6 text-sm text-soft" aria-hidden="true">
        {at === null ? "Point at the chart to read a bucket." : told(lines, at)}
      </p>
      <Legend lines={lines} />
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button onClick={() => show(lines.cutoff - CLOSE)}>Closer at the forecast</Button>
        <Button disabled={!closer} onClick={() => show(0)}>
          Show all
        </Button>
        <p className="text-sm text-soft">
          {range
            ? "Drag over the forecast, or click and Shift-click, to choose buckets. Shift and drag looks closer, as a drag over the history does."
            : "Drag to look closer."}
        </p>
      </div>
    </figure>
  );
}

function told(lines: Lines, at: number): string {
  const start = lines.starts[at];
  if (start === undefined) return "";
  const beside = lines.lanes.flatMap((lane) => saysOf(lane, at, share, units) ?? []);
  if (lines.before[at] != null) beside.unshift(`cycle before ${units(lines.before[at])} units`);
  if (at < lines.cutoff) {
    const capped = lines.capped[at];
    const words = [`sold ${units(lines.sold[at])} units`];
    if (capped !== null) words.push(`an outlier, capped to ${units(capped)}`);
    if (lines.unobserved.includes(at)) words.push("not observed");
    return `${bucket(start)}: ${[...words, ...beside].join(", ")}`;
  }
  const fan = lines.fan.map((one) => `${one.level} %: ${units(one.lower[at])} to ${units(one.upper[at])}`);
  const numbers = [`published ${units(lines.published[at])} units`, `${lines.meanIs} ${units(lines.mean[at])}`];
  return `${bucket(start)}: ${[...numbers, ...fan, ...beside].join(", ")}`;
}

function dataOf(lines: Lines): uPlot.AlignedData {
  const ends = lines.fan.flatMap((one) => [one.upper, one.lower]);
  return [lines.at, ...ends, lines.sold, lines.outliers, lines.capped, lines.before, lines.mean, lines.published];
}

/** A colour of the theme, as the canvas takes it. */
function colours(holder: HTMLElement) {
  const style = getComputedStyle(holder);
  return (name: string) => style.getPropertyValue(`--${name}`).trim();
}

function options(
  lines: Lines,
  holder: HTMLElement,
  drag: ReturnType<typeof dragOf>,
  { point, look, chosen }: { point: (at: number | null) => void; look: (closer: Closer | null) => void; chosen: () => { from: string; to: string } },
): uPlot.Options {
  const colour = colours(holder);
  const axis: uPlot.Axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
  const mark = (size: number, filled: boolean, name: string): uPlot.Series.Points => ({
    show: true,
    size,
    width: 2,
    stroke: colour(name),
    fill: filled ? colour(name) : colour("surface"),
  });
  const noLine = { paths: () => null };
  return {
    width: holder.clientWidth || 800,
    height: heightOf(lines),
    padding: [lines.lanes.length * LANE + 8, null, null, null],
    tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { ...drag.cursor, y: false },
    scales: { y: { range: (_, least, most) => [Math.min(0, least), Math.max(1, most) * 1.05] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => day(new Date(tick * 1000).toISOString().slice(0, 10))), space: 110 },
      { ...axis, label: "units per bucket", size: 64, values: (_, ticks) => ticks.map((tick) => units(tick)) },
    ],
    bands: lines.fan.map((_, number) => ({
      series: [1 + 2 * number, 2 + 2 * number],
      fill: colour("fan") + ["22", "33", "55"][Math.min(number, 2)],
    })),
    series: [
      {},
      ...lines.fan.flatMap(() => [{ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } }]),
      { stroke: colour("ink"), width: 1.5, points: { show: false } },
      { stroke: colour("bad"), points: mark(9, false, "bad"), ...noLine },
      { stroke: colour("bad"), points: mark(5, true, "bad"), ...noLine },
      { stroke: colour("soft"), width: 1.5, dash: [1, 4], points: mark(4, false, "soft") },
      { stroke: colour("soft"), width: 2, dash: [6, 4], points: { show: false } },
      { stroke: colour("accent"), width: 2.5, points: mark(7, true, "accent") },
    ],
    hooks: {
      drawClear: [
        (plot) => shade(plot, lines, colour("line")),
        (plot) => strips(plot, lines, colour),
        (plot) => frame(plot, lines, chosen(), colour("accent")),
      ],
      setCursor: [(plot) => point(plot.cursor.idx ?? null)],
      setSelect: [drag.end],
      setScale: [
        ({ scales: { x } }, scale) => {
          const [first, last, min, max] = [lines.at[0] ?? 0, lines.at.at(-1) ?? 0, x?.min ?? 0, x?.max ?? 0];
          if (scale === "x") look(min > first || max < last ? { min, max, toEnd: max >= last } : null);
        },
      ],
    },
  };
}

/** Stripes over buckets that do not count, and a line where the forecast begins. */
function shade(plot: uPlot, lines: Lines, colour: string): void {
  const { ctx } = plot;
  const { top, height } = plot.bbox;
  const step = (lines.at[1] ?? 0) - (lines.at[0] ?? 0);
  const x = (at: number) => plot.valToPos(at, "x", true);
  ctx.save();
  ctx.fillStyle = `${colour}99`;
  for (const place of lines.unobserved) {
    const at = lines.at[place] ?? 0;
    ctx.fillRect(x(at - step / 2), top, x(at + step / 2) - x(at - step / 2), height);
  }
  const cutoff = lines.at[lines.cutoff];
  if (cutoff !== undefined && lines.cutoff > 0) {
    ctx.strokeStyle = colour;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(x(cutoff - step / 2), top);
    ctx.lineTo(x(cutoff - step / 2), top + height);
    ctx.stroke();
  }
  ctx.restore();
}

function heightOf(lines: Lines): number {
  return HEIGHT + lines.lanes.length * LANE;
}

/** The lanes above the chart: marks fill their bucket by how much there is, levels are lines; each has its name. */
function strips(plot: uPlot, { lanes, at }: Lines, colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  const half = ((at[1] ?? 0) - (at[0] ?? 0)) / 2;
  const x = (place: number) => plot.valToPos(place, "x", true);
  ctx.save();
  ctx.font = `${11 * scale}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  lanes.forEach((lane, number) => {
    const bottom = bbox.top - (lanes.length - 1 - number) * LANE * scale - 4 * scale;
    const room = (LANE - 5) * scale;
    ctx.strokeStyle = colour("line");
    ctx.lineWidth = scale;
    ctx.strokeRect(bbox.left, bottom - room, bbox.width, room);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bottom - room - scale, bbox.width, room + 2 * scale);
    ctx.clip();
    if (lane.form === "mark") {
      ctx.fillStyle = colour("accent");
      lane.values.forEach((value, place) => {
        if (!value) return;
        const [left, right] = [x((at[place] ?? 0) - half), x((at[place] ?? 0) + half)];
        const height = (room * value) / lane.full;
        ctx.fillRect(left + scale, bottom - height, Math.max(right - left - 2 * scale, scale), height);
      });
    } else {
      const span = lane.most - lane.least || 1;
      ctx.strokeStyle = colour("ink");
      ctx.lineWidth = 1.5 * scale;
      ctx.beginPath();
      let drawn = false;
      lane.values.forEach((value, place) => {
        if (value === null) drawn = false;
        else {
          const [left, y] = [x(at[place] ?? 0), bottom - (0.15 + (0.7 * (value - lane.least)) / span) * room];
          if (drawn) ctx.lineTo(left, y);
          else ctx.moveTo(left, y);
          drawn = true;
        }
      });
      ctx.stroke();
      const since = lane.values.findLastIndex((value) => value !== null) + 1;
      const free = bbox.left + bbox.width - x((at[since] ?? Infinity) - half) - 6 * scale;
      if (lane.unknown && ctx.measureText(lane.unknown).width <= free) {
        ctx.fillStyle = colour("soft");
        ctx.fillText(lane.unknown, bbox.left + bbox.width - 3 * scale, bottom - room / 2);
      }
    }
    ctx.restore();
    ctx.fillStyle = colour("soft");
    ctx.fillText(lane.name, bbox.left - 6 * scale, bottom - room / 2, bbox.left - 12 * scale);
  });
  ctx.restore();
}

/** A frame around the buckets that are to be changed. */
function frame(plot: uPlot, lines: Lines, { from, to }: { from: string; to: string }, colour: string): void {
  const [first, last] = [lines.at[lines.starts.indexOf(from)], lines.at[lines.starts.indexOf(to)]];
  if (first === undefined || last === undefined) return;
  const half = ((lines.at[1] ?? 0) - (lines.at[0] ?? 0)) / 2;
  const [edge, end] = [plot.bbox.left, plot.bbox.left + plot.bbox.width];
  const [left, right] = [first - half, last + half].map((at) => Math.min(Math.max(plot.valToPos(at, "x", true), edge), end)) as [number, number];
  if (left === right) return; // out of sight, where the chart looks closer at others
  plot.ctx.save();
  plot.ctx.strokeStyle = colour;
  plot.ctx.lineWidth = 2;
  plot.ctx.strokeRect(left, plot.bbox.top, right - left, plot.bbox.height);
  plot.ctx.restore();
}
