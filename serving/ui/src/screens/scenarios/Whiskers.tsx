import { useEffect, useRef, useState } from "react";
import { bucket } from "../../format/dates";
import { units } from "../../format/numbers";
import { ticks, type Bucket } from "./compared";

const HEIGHT = 280;
const LEFT = 64;
const BOTTOM = 28;
const TOP = 10;
const GROUP = 120;
const LOOKS = ["text-ink", "text-accent", "text-warn", "text-good"];

/** Means with their intervals, side by side in each bucket. What it shows stands as numbers in the table below it. */
export function Whiskers({ names, buckets, title }: { names: string[]; buckets: Bucket[]; title: string }) {
  const holder = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(800);
  useEffect(() => {
    const place = holder.current;
    if (!place) return;
    const watch = new ResizeObserver(() => setRoom(place.clientWidth));
    watch.observe(place);
    return () => watch.disconnect();
  }, []);
  const width = Math.max(room, LEFT + buckets.length * GROUP);
  const all = buckets.flatMap((each) => names.flatMap((name) => (each.of[name] ? [each.of[name].lower, each.of[name].upper, each.of[name].mean] : [])));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const pad = (high - low || Math.abs(high) || 1) * 0.06;
  const [least, most] = [low - pad, high + pad];
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - least) / (most - least));
  const step = (width - LEFT) / buckets.length;
  const apart = Math.min(26, step / (names.length + 1));
  const x = (group: number, place: number) => LEFT + step * (group + 0.5) + apart * (place - (names.length - 1) / 2);
  return (
    <figure>
      <div ref={holder} className="overflow-x-auto" tabIndex={0} role="group" aria-label={`Chart of ${title}`}>
        <svg width={width} height={HEIGHT} role="img" aria-label={`${title}: ${names.join(", ")} side by side in ${buckets.length} buckets, with intervals. The numbers stand in the table below.`}>
          {ticks(least, most).map((tick) => (
            <g key={tick}>
              <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} className="stroke-line" />
              <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className="fill-soft text-xs">
                {units(tick)}
              </text>
            </g>
          ))}
          {buckets.map((each, group) => (
            <g key={each.start}>
              <text x={LEFT + step * (group + 0.5)} y={HEIGHT - 8} textAnchor="middle" className="fill-soft text-xs">
                {bucket(each.start)}
              </text>
              {names.map((name, place) => {
                const of = each.of[name];
                if (!of) return null;
                const at = x(group, place);
                return (
                  <g key={name} className={LOOKS[place]} stroke="currentColor" fill="none" strokeWidth="2">
                    <title>{`${name}, ${bucket(each.start)}: ${units(of.mean)} units, ${units(of.lower)} to ${units(of.upper)}`}</title>
                    <path d={`M${at} ${y(of.lower)}V${y(of.upper)}M${at - 4} ${y(of.lower)}h8M${at - 4} ${y(of.upper)}h8`} />
                    <path d={mark(place, at, y(of.mean))} fill="currentColor" />
                  </g>
                );
              })}
            </g>
          ))}
        </svg>
      </div>
      <figcaption className="flex flex-wrap gap-x-5 gap-y-1 text-sm text-soft">
        {names.map((name, place) => (
          <span key={name} className="inline-flex items-center gap-2">
            <svg width="16" height="18" aria-hidden="true" className={LOOKS[place]} stroke="currentColor" fill="none" strokeWidth="2">
              <path d="M8 1V17M4 1h8M4 17h8" />
              <path d={mark(place, 8, 9)} fill="currentColor" />
            </svg>
            {place === 0 ? "published" : name}
          </span>
        ))}
        <span>units per bucket; the mark is the mean, the line its interval</span>
      </figcaption>
    </figure>
  );
}

/** A mark of its own form for each that stands side by side: circle, square, triangle, diamond. */
function mark(place: number, x: number, y: number): string {
  switch (place % 4) {
    case 0:
      return `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z`;
    case 1:
      return `M${x - 4.5} ${y - 4.5}h9v9h-9z`;
    case 2:
      return `M${x} ${y - 6}l5.5 10h-11z`;
    default:
      return `M${x} ${y - 6}l6 6l-6 6l-6 -6z`;
  }
}
