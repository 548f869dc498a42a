import { useQuery } from "@tanstack/react-query";
import { bucket } from "../../format/dates";
import { NOTHING, count, share, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card, Part } from "../../parts/Card";
import { Table, type Column } from "../../parts/Table";
import { movedOf, type Compared, type Moved } from "./drift";
import { driftOf } from "./questions";

/** Everything that was compared in one cycle: intervals, channels and attributes, what moved most first. */
export function DriftOfCycle({ cycle }: { cycle: string }) {
  const found = useQuery(driftOf(cycle));
  return (
    <Card title={`What was compared in cycle ${bucket(cycle)}`}>
      <Asked of={found} lines={10}>
        {({ compared }) => (
          <div className="space-y-5">
            <Intervals rows={compared.filter((one) => one.kind === "coverage")} expected={compared.find((one) => one.kind === "estimate" && one.name === "this cycle")} />
            <Part title="Channels: values since the training against those of the training">
              <MovedTable caption="Channels, what moved most first" rows={movedOf(compared, "channels")} measures={["psi", "ks"]} />
              <Together row={compared.find((one) => one.kind === "channels" && one.name === "all")} />
            </Part>
            <Part title="Attributes: active series against those of the training">
              <MovedTable caption="Attributes, what moved most first" rows={movedOf(compared, "attributes")} measures={["psi", "unknown", "fresh"]} />
            </Part>
          </div>
        )}
      </Asked>
    </Card>
  );
}

const KEPT: Readonly<Record<Compared["verdict"], string>> = {
  stable: "✓ holds",
  drift: "! too few came inside",
  unjudged: "? too few to judge",
  shown: NOTHING,
};

function Intervals({ rows, expected }: { rows: readonly Compared[]; expected?: Compared }) {
  return (
    <Part title="Intervals: promised and kept">
      {rows.length === 0 ? (
        <p className="text-soft">No model forecast this cycle, so there was nothing to compare.</p>
      ) : (
        <Table
          caption="Intervals of the newest closed buckets"
          rows={rows}
          keyOf={(one) => one.name}
          columns={[
            { name: "level", title: "Interval", cell: (one) => `${one.name} %` },
            { name: "kept", title: "Came inside", numeric: true, cell: (one) => share(one.value) },
            { name: "least", title: "At least", numeric: true, cell: (one) => share(one.threshold) },
            { name: "of", title: "Forecasts", numeric: true, cell: (one) => count(one.observations) },
            { name: "verdict", title: "Verdict", cell: (one) => KEPT[one.verdict] },
          ]}
        />
      )}
      {expected?.value != null && <p className="mt-2 text-soft">By its own quantiles, this cycle’s error will be about {share(expected.value)} (WAPE).</p>}
    </Part>
  );
}

const MEASURES: Readonly<Record<"psi" | "ks" | "unknown" | "fresh", Column<Moved>>> = {
  psi: { name: "psi", title: <abbr title="Population stability index">PSI</abbr>, numeric: true, cell: ({ psi }) => units(psi?.value) },
  ks: { name: "ks", title: <abbr title="Kolmogorov-Smirnov distance">KS</abbr>, numeric: true, cell: ({ ks }) => units(ks?.value) },
  unknown: {
    name: "unknown",
    title: "Share of <UNK>",
    numeric: true,
    cell: ({ unknown }) => (unknown ? `${share(unknown.value)} (${share(unknown.reference)} at training)` : NOTHING),
  },
  fresh: { name: "fresh", title: "New values", cell: ({ fresh }) => (fresh ? <span className="wrap-break-word">{`${count(fresh.value)}: ${fresh.words.replace(/^[^:]*: /, "")}`}</span> : NOTHING) },
};
const SIGNS: Readonly<Record<Moved["size"], string>> = { large: "! large", moderate: "~ moderate", stable: "✓ stable", "too few to judge": "? too few to judge" };

function MovedTable({ caption, rows, measures }: { caption: string; rows: readonly Moved[]; measures: readonly (keyof typeof MEASURES)[] }) {
  if (rows.length === 0) return <p className="text-soft">There was nothing to compare.</p>;
  return (
    <Table
      caption={caption}
      rows={rows}
      keyOf={(one) => one.name}
      sticky
      columns={[
        { name: "name", title: "Name", cell: (one) => one.name.replaceAll("_", " ") },
        { name: "size", title: "Change", cell: (one) => (one.size === "large" ? <strong>{SIGNS.large}</strong> : SIGNS[one.size]) },
        ...measures.map((one) => MEASURES[one]),
      ]}
    />
  );
}

function Together({ row }: { row?: Compared }) {
  if (row?.value == null) return null;
  return (
    <p className="mt-2 text-soft">
      {share(row.value)} of {count(row.observations)} judged channels changed much; a retraining is asked for above {share(row.threshold)}.
    </p>
  );
}
