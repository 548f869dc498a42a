import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { change, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { changes, contributions } from "../questions";
import { Bars } from "./Bars";

/** What the forecast of each bucket is made of: drivers in words and bars. */
export function WhyThisNumber({ series }: { series: string }) {
  const found = useQuery(contributions(series));
  return (
    <Card title="Why this number">
      <Asked of={found}>{(data) => <Drivers leads={data.leads} />}</Asked>
    </Card>
  );
}

function Drivers({ leads }: { leads: Schemas["ExplainedLead"][] }) {
  const [at, setAt] = useState(0);
  const lead = leads[at] ?? leads[0];
  if (!lead) return null;
  const sorted = [...lead.drivers].sort((one, other) => Math.abs(other.contribution) - Math.abs(one.contribution));
  return (
    <>
      <BucketChoice label="Bucket of the drivers" starts={leads.map((one) => one.bucket_start)} at={at} choose={setAt} />
      <p className="my-2">
        {units(lead.forecast)} units are forecast; {units(lead.baseline)} would be without any of the drivers below.
      </p>
      <Bars
        caption="Drivers in units"
        bars={sorted.map((one) => ({ name: one.driver, value: one.contribution, words: one.detail ?? "" }))}
      />
    </>
  );
}

/** What moved the forecast since the cycle before, step by step. */
export function WhyItChanged({ series }: { series: string }) {
  const found = useQuery(changes(series));
  return (
    <Card title="Why it changed">
      <Asked of={found}>{(data) => <Steps changes={data} />}</Asked>
    </Card>
  );
}

function Steps({ changes: { buckets, since } }: { changes: Schemas["Changes"] }) {
  const [at, setAt] = useState(0);
  const chosen = buckets[at] ?? buckets[0];
  if (!chosen) return null;
  let sum = chosen.before;
  const rows = [
    { name: `cycle of ${since}`, value: null, sum },
    ...chosen.parts.map((part) => ({ name: part.part.replaceAll("_", " "), value: part.units, sum: (sum += part.units) })),
    { name: "this cycle", value: null, sum: chosen.after },
  ];
  return (
    <>
      <BucketChoice label="Bucket of the change" starts={buckets.map((one) => one.bucket_start)} at={at} choose={setAt} />
      <p className="my-2">
        {units(chosen.before)} units were forecast in the cycle before, {units(chosen.after)} are now: {change(chosen.after - chosen.before)}.
      </p>
      <Bars caption="Changes in units" bars={chosen.parts.map((part) => ({ name: part.part.replaceAll("_", " "), value: part.units, words: "" }))} />
      <Table
        caption="From the cycle before to this one"
        keyOf={(row) => row.name}
        rows={rows}
        columns={[
          { name: "step", title: "Step", cell: (row) => row.name },
          { name: "change", title: "Change (units)", numeric: true, cell: (row) => change(row.value) },
          { name: "sum", title: "Then (units)", numeric: true, cell: (row) => units(row.sum) },
        ]}
      />
    </>
  );
}

function BucketChoice({ label, starts, at, choose }: { label: string; starts: string[]; at: number; choose: (at: number) => void }) {
  return (
    <select
      aria-label={label}
      value={at}
      onChange={(event) => choose(Number(event.target.value))}
      className="rounded-md border border-line bg-surface px-2 py-1"
    >
      {starts.map((start, place) => (
        <option key={start} value={place}>
          {bucket(start)}
        </option>
      ))}
    </select>
  );
}
