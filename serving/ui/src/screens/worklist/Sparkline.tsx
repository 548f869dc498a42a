import { NOTHING, units } from "../../format/numbers";
import { placesOf } from "./places";

const [WIDTH, HEIGHT] = [112, 28];

/** What was sold lately and, right of the line, what is published: dashed, so that colour is not the only sign. */
export function Sparkline({ sold, published }: { sold: number[] | null; published: number[] | null }) {
  if (!sold || !published || sold.length + published.length < 2) return <span className="text-soft">{NOTHING}</span>;
  const places = placesOf([...sold, ...published], WIDTH, HEIGHT);
  // The first published number hangs on the last one sold.
  const [past, ahead] = [places.slice(0, sold.length), places.slice(Math.max(0, sold.length - 1))];
  const now = past.at(-1)?.[0] ?? 0;
  const said = `sold ${units(sold.at(-1))} units in the last of ${sold.length} buckets, at most ${units(Math.max(...sold))}; published next ${units(published[0])}`;
  return (
    <svg role="img" aria-label={said} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT}>
      <title>{said}</title>
      <line x1={now} y1="0" x2={now} y2={HEIGHT} className="stroke-line" strokeWidth="1" />
      <polyline points={past.join(" ")} fill="none" className="stroke-ink" strokeWidth="1.3" />
      <polyline points={ahead.join(" ")} fill="none" className="stroke-accent" strokeWidth="1.8" strokeDasharray="3 2" />
    </svg>
  );
}
