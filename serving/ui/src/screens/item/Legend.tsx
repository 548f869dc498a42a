import type { ReactNode } from "react";
import type { Lines } from "./lines";

/** What the lines and marks of the chart are: each differs in form, not in colour alone. */
export function Legend({ lines }: { lines: Lines }) {
  const levels = lines.fan.map(({ level }) => `${level} %`).join(", ");
  return (
    <figcaption className="flex flex-wrap gap-x-5 gap-y-1 text-sm text-soft">
      <Key name="sold">
        <line x1="1" y1="8" x2="27" y2="8" className="stroke-ink" strokeWidth="2" />
      </Key>
      {lines.outliers.some((one) => one !== null) && (
        <Key name="outlier (ring), and what models see of it (dot)">
          <circle cx="8" cy="8" r="4.5" fill="none" className="stroke-bad" strokeWidth="2" />
          <circle cx="21" cy="8" r="3" className="fill-bad" />
        </Key>
      )}
      {lines.unobserved.length > 0 && (
        <Key name="not observed: before the first sale, or out of stock">
          <rect x="4" y="1" width="20" height="14" className="fill-line" />
        </Key>
      )}
      <Key name="published">
        <line x1="1" y1="8" x2="27" y2="8" className="stroke-accent" strokeWidth="2.5" />
        <circle cx="14" cy="8" r="3.5" className="fill-accent" />
      </Key>
      <Key name={lines.meanIs === "reconciled" ? "reconciled, locks counted in" : lines.meanIs}>
        <line x1="1" y1="8" x2="27" y2="8" className="stroke-soft" strokeWidth="2" strokeDasharray="6 4" />
      </Key>
      {lines.before.some((one) => one !== null) && (
        <Key name="published in the cycle before">
          <line x1="1" y1="8" x2="27" y2="8" className="stroke-soft" strokeWidth="1.5" strokeDasharray="1 4" />
          <circle cx="14" cy="8" r="2.5" className="fill-surface stroke-soft" strokeWidth="1.5" />
        </Key>
      )}
      {levels && (
        <Key name={`intervals: ${levels}`}>
          <rect x="2" y="1" width="24" height="14" className="fill-accent" opacity="0.2" />
          <rect x="2" y="5" width="24" height="6" className="fill-accent" opacity="0.35" />
        </Key>
      )}
    </figcaption>
  );
}

function Key({ name, children }: { name: string; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-2">
      <svg width="28" height="16" aria-hidden="true">
        {children}
      </svg>
      {name}
    </span>
  );
}
