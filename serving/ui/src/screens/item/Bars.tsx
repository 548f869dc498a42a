import { change } from "../../format/numbers";

interface Bar {
  name: string;
  value: number;
  words: string;
}

/** Amounts to the left and right of a middle; each stands beside its bar as a number with its sign. */
export function Bars({ caption, bars }: { caption: string; bars: readonly Bar[] }) {
  const widest = Math.max(...bars.map((bar) => Math.abs(bar.value)), 1e-9);
  return (
    <ul aria-label={caption} className="space-y-1.5">
      {bars.map((bar) => {
        const width = (Math.abs(bar.value) / widest) * 50;
        return (
          <li key={bar.name} className="grid grid-cols-[minmax(5rem,12rem)_minmax(3rem,1fr)_4.5rem] items-center gap-x-3">
            <span>{bar.name}</span>
            <svg aria-hidden="true" className="h-4 w-full" viewBox="0 0 100 10" preserveAspectRatio="none">
              <rect
                x={bar.value < 0 ? 50 - width : 50}
                y="1"
                width={width}
                height="8"
                className={bar.value < 0 ? "fill-bad" : "fill-accent"}
              />
              <line x1="50" y1="0" x2="50" y2="10" className="stroke-soft" strokeWidth="0.4" />
            </svg>
            <span className="numeric">{change(bar.value)}</span>
            {bar.words && <span className="col-span-3 text-sm text-soft">{bar.words}</span>}
          </li>
        );
      })}
    </ul>
  );
}
