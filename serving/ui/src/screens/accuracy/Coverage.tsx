import type { Schemas } from "../../api/client";
import { share } from "../../format/numbers";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { Calibration } from "./Calibration";

const NAME = /^coverage_(\d+)$/;

/** What was promised of each interval, and what came inside it. */
export function Coverage({ scores }: { scores: Schemas["Score"][] }) {
  const metrics = (scores.find((one) => one.lead === 0) ?? scores[0])?.metrics ?? {};
  const rows = Object.entries(metrics).flatMap(([name, value]) => {
    const level = NAME.exec(name)?.[1];
    return level && value != null ? [{ level: Number(level), value }] : [];
  });
  rows.sort((one, other) => one.level - other.level);
  return (
    <Card title="Intervals: promised and kept">
      <Calibration points={rows.map(({ level, value }) => ({ promised: level / 100, kept: value }))} />
      <Table
        caption="Coverage of intervals, all leads"
        rows={rows}
        keyOf={(row) => row.level}
        columns={[
          { name: "promised", title: "Promised", cell: (row) => share(row.level / 100) },
          { name: "kept", title: "Came inside", numeric: true, cell: (row) => share(row.value) },
          { name: "picture", title: "Bar", cell: (row) => <Kept {...row} /> },
          { name: "words", title: "Verdict", cell: (row) => verdict(row.level / 100, row.value) },
        ]}
      />
    </Card>
  );
}

function verdict(promised: number, kept: number): string {
  if (Math.abs(kept - promised) <= 0.02) return "as promised";
  return kept > promised ? "wider than needed" : "too narrow";
}

function Kept({ level, value }: { level: number; value: number }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" className="h-4 w-full min-w-24">
      <rect x="0" y="2" width={value * 100} height="6" className="fill-accent" />
      <line x1={level} y1="0" x2={level} y2="10" className="stroke-ink" strokeWidth="0.8" />
    </svg>
  );
}
