import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { thresholds } from "./questions";

type Threshold = Schemas["Threshold"];
const TITLES: Readonly<Record<string, string>> = {
  exceptions: "What comes on the worklist",
  quality: "What warns of a file, or holds it back",
  outliers: "What is an outlier",
  stockouts: "What counts as out of stock",
  low_volume: "What sells too little for the model",
  intervals: "How intervals are kept honest",
  thresholds: "What asks for a retraining by the metric",
  drift: "What counts as drift",
  alerts: "When somebody is told",
};

/** What something is judged by, section by section; what is not as usual is marked. */
export function ThresholdsPart() {
  const found = useQuery(thresholds);
  return (
    <Asked of={found} lines={12}>
      {({ thresholds: all, reference }) => (
        <div className="space-y-4">
          <p className="text-soft">
            They stand in demand.yaml and nowhere else, so they are read here and changed there; its history says who did. <code>dp config check</code> names the line of every mistake. A change
            counts from the next run and the next start of the API on.
          </p>
          {[...new Set(all.map(sectionOf))].map((section) => (
            <Card key={section} title={TITLES[section] ?? section}>
              <WhereSet section={section} reference={reference} />
              <Section name={section} rows={all.filter((one) => sectionOf(one) === section)} />
            </Card>
          ))}
        </div>
      )}
    </Asked>
  );
}

/** Where a section is set, and where its keys are described. */
function WhereSet({ section, reference }: { section: string; reference: string }) {
  const place = `${reference}#${section}`;
  return (
    <p className="mb-2 text-sm text-soft">
      Set under <code>{section}:</code> in demand.yaml; every key is described in{" "}
      {/^https?:/.test(reference) ? (
        <a href={place} target="_blank" rel="noreferrer" className="text-accent underline underline-offset-2">
          the configuration reference
        </a>
      ) : (
        <code>{place}</code>
      )}
      .
    </p>
  );
}

function sectionOf({ key }: Threshold): string {
  return key.split(".")[0] ?? key;
}

function Section({ name, rows }: { name: string; rows: readonly Threshold[] }) {
  return (
    <Table
      caption={TITLES[name] ?? name}
      rows={rows}
      keyOf={(one) => one.key}
      columns={[
        { name: "key", title: "Setting", cell: (one) => <code>{one.key}</code> },
        { name: "value", title: "Value", numeric: true, cell: (one) => <Value threshold={one} /> },
        { name: "usual", title: "Usual", numeric: true, cell: (one) => <span className="text-soft">{told(one.usual)}</span> },
        { name: "meaning", title: "Means", cell: (one) => one.meaning },
      ]}
    />
  );
}

function Value({ threshold: { value, usual } }: { threshold: Threshold }) {
  if (told(value) === told(usual)) return told(value);
  return <strong title="not as usual">✎ {told(value)}</strong>;
}

function told(value: Threshold["value"]): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return units(value);
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "none";
  return value;
}
