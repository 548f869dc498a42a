import { share } from "../../format/numbers";

/** Promised and observed coverage of one interval, in shares. */
export interface Kept {
  promised: number;
  kept: number;
}

const SIZE = 240;
const EDGE = 44;
const MARGIN = 16;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Observed against promised coverage: on the diagonal an interval keeps what it promises; the table says the same. */
export function Calibration({ points }: { points: readonly Kept[] }) {
  const x = (value: number) => EDGE + value * (SIZE - EDGE - MARGIN);
  const y = (value: number) => SIZE - EDGE - value * (SIZE - EDGE - MARGIN);
  const said = points.map(({ promised, kept }) => `promised ${share(promised)}, came inside ${share(kept)}`).join("; ");
  return (
    <svg role="img" aria-label={`Calibration plot: ${said}`} viewBox={`0 0 ${SIZE} ${SIZE}`} className="w-full max-w-72">
      {TICKS.map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} y1={y(0)} x2={x(tick)} y2={y(1)} className="stroke-line" strokeWidth="0.6" />
          <line x1={x(0)} y1={y(tick)} x2={x(1)} y2={y(tick)} className="stroke-line" strokeWidth="0.6" />
          <text x={x(tick)} y={y(0) + 12} textAnchor="middle" fontSize="9" className="fill-soft">
            {share(tick)}
          </text>
          <text x={EDGE - 4} y={y(tick) + 3} textAnchor="end" fontSize="9" className="fill-soft">
            {share(tick)}
          </text>
        </g>
      ))}
      <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} className="stroke-soft" strokeWidth="1" strokeDasharray="4 3" />
      <polyline points={points.map(({ promised, kept }) => `${x(promised)},${y(kept)}`).join(" ")} fill="none" className="stroke-accent" strokeWidth="1.4" />
      {points.map(({ promised, kept }) => (
        <circle key={promised} cx={x(promised)} cy={y(kept)} r="3.6" className="fill-accent stroke-surface" strokeWidth="1">
          <title>{`promised ${share(promised)}, came inside ${share(kept)}`}</title>
        </circle>
      ))}
      <text x={x(0.5)} y={SIZE - 4} textAnchor="middle" fontSize="10" className="fill-soft">
        promised
      </text>
      <text x="9" y={y(0.5)} textAnchor="middle" fontSize="10" transform={`rotate(-90 9 ${y(0.5)})`} className="fill-soft">
        came inside
      </text>
    </svg>
  );
}
