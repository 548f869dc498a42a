import { bucket, moment } from "../../format/dates";
import { errorOf, type JudgedCycle } from "./drift";

type Line = "error" | "backtest" | "naive" | "limit";
const LINES: readonly { line: Line; title: string; dash: string; look: string; width: number }[] = [
  { line: "error", title: "error", dash: "", look: "stroke-accent", width: 2.4 },
  { line: "backtest", title: "at training", dash: "8 4", look: "stroke-ink", width: 1.4 },
  { line: "naive", title: "naive", dash: "2 3", look: "stroke-soft", width: 1.6 },
  { line: "limit", title: "limit", dash: "10 3 2 3", look: "stroke-bad", width: 1.4 },
];
const [WIDTH, HEIGHT, LEFT, EDGE] = [640, 200, 52, 22];

/** The champion's error over cycles beside what it is compared with; the table below says the same in figures. */
export function ErrorChart({ cycles }: { cycles: readonly JudgedCycle[] }) {
  const drawn = [...cycles].reverse().filter((one) => one.error !== null);
  const [first, last] = [drawn[0], drawn[drawn.length - 1]];
  if (!first || !last || first === last) return null;
  const most = Math.max(...drawn.flatMap((one) => LINES.map(({ line }) => one[line] ?? 0))) * 1.05;
  const [from, to] = [moment(first.cycle), moment(last.cycle)];
  const x = (one: JudgedCycle) => LEFT + ((moment(one.cycle) - from) / (to - from)) * (WIDTH - LEFT - 12);
  const y = (value: number) => HEIGHT - EDGE - (value / most) * (HEIGHT - EDGE - 10);
  const said = `from ${errorOf(first.error, first.metric)} to ${errorOf(last.error, last.metric)}, limit ${errorOf(last.limit, last.metric)}`;
  return (
    <figure className="mb-3">
      <svg role="img" aria-label={`Error over ${drawn.length} cycles, ${said}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full max-w-3xl">
        {[0, 0.5, 1].map((tick) => (
          <g key={tick}>
            <line x1={LEFT} y1={y(tick * most)} x2={WIDTH - 12} y2={y(tick * most)} className="stroke-line" strokeWidth="0.8" />
            <text x={LEFT - 6} y={y(tick * most) + 4} textAnchor="end" fontSize="12" className="fill-soft">
              {errorOf(tick * most, last.metric)}
            </text>
          </g>
        ))}
        {LINES.map(({ line, dash, look, width }) => (
          <polyline
            key={line}
            points={drawn.flatMap((one) => (one[line] === null ? [] : [`${x(one)},${y(one[line])}`])).join(" ")}
            fill="none"
            className={look}
            strokeWidth={width}
            strokeDasharray={dash}
          />
        ))}
        {drawn.map((one) => (
          <circle key={one.cycle} cx={x(one)} cy={y(one.error ?? 0)} r={one.verdict === "drift" ? 5 : 3} className={one.verdict === "drift" ? "fill-surface stroke-accent" : "fill-accent stroke-accent"} strokeWidth="2">
            <title>{`${bucket(one.cycle)}: ${errorOf(one.error, one.metric)}, ${one.verdict}`}</title>
          </circle>
        ))}
        <text x={LEFT} y={HEIGHT - 4} fontSize="12" className="fill-soft">
          {bucket(first.cycle)}
        </text>
        <text x={WIDTH - 12} y={HEIGHT - 4} textAnchor="end" fontSize="12" className="fill-soft">
          {bucket(last.cycle)}
        </text>
      </svg>
      <figcaption className="flex flex-wrap gap-x-5 gap-y-1 text-sm text-soft">
        {LINES.map(({ line, title, dash, look, width }) => (
          <span key={line} className="flex items-center gap-2">
            <svg aria-hidden="true" viewBox="0 0 36 8" className="h-2 w-9">
              <line x1="0" y1="4" x2="36" y2="4" className={look} strokeWidth={width} strokeDasharray={dash} />
            </svg>
            {title}
          </span>
        ))}
        <span>○ drift</span>
      </figcaption>
    </figure>
  );
}
