import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { bucket, instant } from "../../format/dates";
import { count, money, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Lock } from "../../parts/Lock";
import { Button } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { FileLink } from "../ItemLink";
import { namesOf } from "../links";
import { traceOf } from "../questions";

type Trace = Schemas["Trace"];
const FEW = 20;

/** From a number back to the rows of files that it rests on. It is asked for a bucket: the lake is read for it. */
export function WhereFrom({
  series,
  starts,
  traced,
  rowsOf,
  ask,
}: {
  series: string;
  starts: readonly string[];
  /** The bucket whose number is traced; empty is none. */
  traced: string;
  /** The bucket of history whose rows are shown; the newest where none is named. */
  rowsOf: string | undefined;
  ask: (traced: string | undefined, rowsOf?: string) => void;
}) {
  const found = useQuery(traceOf(series, traced, rowsOf));
  return (
    <Card title="Where from">
      <label className="mb-3 flex flex-wrap items-center gap-2">
        <span>Trace the published number of</span>
        <select
          value={traced}
          onChange={(event) => ask(event.target.value || undefined)}
          className="rounded-md border border-line bg-surface px-2 py-1"
        >
          <option value="">choose a bucket</option>
          {starts.map((start) => (
            <option key={start} value={start}>
              {bucket(start)}
            </option>
          ))}
        </select>
        <span>back to rows of files.</span>
      </label>
      {traced !== "" && <Asked of={found}>{(trace) => <Steps trace={trace} show={(start) => ask(traced, start)} />}</Asked>}
    </Card>
  );
}

function Steps({ trace, show }: { trace: Trace; show: (start: string) => void }) {
  const { published, override, reconciliation, forecast, receipt, model, features } = trace;
  return (
    <ol className="space-y-4 border-l-2 border-line pl-4">
      <Step title={`Published: ${units(published.final)} units`} source={published.source}>
        Cycle of {bucket(trace.cycle)}, lead {trace.lead}. {decided(trace)}
      </Step>
      {override && <Override override={override} />}
      {reconciliation && <Reconciliation link={reconciliation} />}
      {forecast && (
        <Step title={`Forecast: ${units(forecast.forecast)} units`} source={forecast.source} agrees={forecast.agrees}>
          Median {units(forecast.median)}, made by {forecast.method}; the naive forecast is {units(forecast.naive)}.
        </Step>
      )}
      {model && (
        <Step title={`Model of the cycle ${bucket(model.cycle)}`} source={model.source}>
          {model.window
            ? `Trained on ${count(model.window.buckets)} buckets, from ${bucket(model.window.first)} to ${bucket(model.window.last)}. `
            : ""}
          Weights <Hash of={model.weights} />, code <Hash of={model.revision ?? "not known"} />.
        </Step>
      )}
      {receipt && (
        <Step title="Receipt">
          Configuration <Hash of={receipt.configuration} />, code <Hash of={receipt.code} />. To compute it again and compare the bytes:{" "}
          <code>{receipt.verify}</code>
          {!receipt.current && <strong> The tables were made again since.</strong>}
        </Step>
      )}
      {features && (
        <Step title="What the model was told" source={features.source}>
          {features.history_buckets === null ? "The panel is gone." : `${count(features.history_buckets)} buckets of history, ${count(features.channels.length)} channels.`}{" "}
          {trace.known_at && <>What arrived after {instant(trace.known_at)} it did not know.</>}
        </Step>
      )}
      <History trace={trace} show={show} />
      <Files files={trace.files} />
      <Rows trace={trace} />
    </ol>
  );
}

/** Whether a planner's number made a number what it is. Tables from before that was noted name only who set it. */
function decided({ override, published: { user } }: Trace): string {
  if (override) return "A planner's number made it what it is.";
  return user ? `A number of ${user} made it what it is; which of theirs was not noted then.` : "No planner changed it.";
}

function Step({
  title,
  source,
  agrees = true,
  children,
}: {
  title: string;
  source?: Schemas["SourceOfLink"] | null;
  agrees?: boolean;
  children: ReactNode;
}) {
  return (
    <li>
      <h3 className="font-semibold">{title}</h3>
      <div>{children}</div>
      {!agrees && <p className="font-medium text-bad">It is not what the step above was made of: the cycle was made again in part.</p>}
      {source && (
        <p className="text-sm break-words text-soft">
          {source.table} of {source.partition}, content <Hash of={source.sha256} />
          {source.current ? "" : ", replaced since"}
          {source.made && (
            <>
              ; written {instant(source.made.at)} by run <Hash of={source.made.run_id} /> ({source.made.job}, {source.made.trigger}
              {source.made.by && source.made.by !== source.made.trigger ? ` ${source.made.by}` : ""})
            </>
          )}
        </p>
      )}
    </li>
  );
}

function Locked() {
  return (
    <>
      <Lock />
      locked
    </>
  );
}

/** The first letters of a hash; the whole of it for who points at it. */
function Hash({ of }: { of: string }) {
  return <code title={of}>{of.slice(0, 12)}</code>;
}

function Override({ override }: { override: NonNullable<Trace["override"]> }) {
  const { ledger, node, user, quantity } = override;
  const where = node === null ? "a node above that you do not see" : namesOf(node).join(" › ");
  return (
    <Step title={quantity === null ? `Planner's number of ${user}` : `Planner's number: ${units(quantity)} units`} source={override.source}>
      {user} set it on {where}: {override.reason_code.replaceAll("_", " ")}
      {ledger?.comment ? `, “${ledger.comment}”` : ""}. {override.locked ? "It is a lock. " : ""}
      {ledger && (
        <>
          {instant(ledger.set_at)}, row {ledger.sequence} of the ledger
          {ledger.approved_by ? `, approved by ${ledger.approved_by}` : ""}.
        </>
      )}
    </Step>
  );
}

function Reconciliation({ link }: { link: NonNullable<Trace["reconciliation"]> }) {
  return (
    <Step title={`Reconciled: ${units(link.forecast)} units`} source={link.source} agrees={link.agrees}>
      {units(link.base_forecast)} before, so that every level adds up.
      {link.nodes.length > 0 && (
        <Table
          caption="Nodes above it"
          rows={link.nodes}
          keyOf={(node) => `${node.hierarchy} ${node.level} ${node.node}`}
          columns={[
            { name: "node", title: "Node above", cell: (node) => `${namesOf(node.node).join(" › ")} (${node.hierarchy})` },
            { name: "before", title: "Own forecast (units)", numeric: true, cell: (node) => units(node.base_forecast) },
            { name: "after", title: "Reconciled (units)", numeric: true, cell: (node) => units(node.forecast) },
            { name: "lock", title: "Lock", cell: (node) => node.locked && <Locked /> },
          ]}
        />
      )}
    </Step>
  );
}

function History({ trace, show }: { trace: Trace; show: (start: string) => void }) {
  if (trace.history.length === 0) return null;
  return (
    <Step title={`Sold before: the last ${count(trace.history.length)} buckets`}>
      <Table
        caption="Buckets of history and what they are made of"
        rows={[...trace.history].reverse()}
        keyOf={(one) => one.bucket_start}
        columns={[
          { name: "bucket", title: "Bucket", cell: (one) => bucket(one.bucket_start) },
          { name: "units", title: "Known then (units)", numeric: true, cell: (one) => units(one.units) },
          { name: "seen", title: "Seen by the models", numeric: true, cell: (one) => units(one.seen) },
          { name: "files", title: "Made of", cell: (one) => <Contributions of={one} /> },
          {
            name: "rows",
            title: "Rows",
            cell: (one) =>
              one.bucket_start === trace.rows?.bucket_start ? (
                "shown below"
              ) : (
                <Button onClick={() => show(one.bucket_start)} aria-label={`Show rows of ${bucket(one.bucket_start)}`}>
                  Show
                </Button>
              ),
          },
        ]}
      />
    </Step>
  );
}

function Contributions({ of }: { of: Trace["history"][number] }) {
  const later = new Set(of.unknown.map((one) => one.file_version_id)).size;
  const words = [`${count(new Set(of.known.map((one) => one.file_version_id)).size)} files`];
  if (later > 0) words.push(`${count(later)} that came too late to count`);
  if (of.recalled.length > 0) words.push(`${count(of.recalled.length)} recalled`);
  return (
    <>
      {words.join(", ")}
      {!of.agrees && <strong className="text-bad"> – the past changed since</strong>}
    </>
  );
}

function Files({ files }: { files: Trace["files"] }) {
  if (files.length === 0) return null;
  return (
    <Step title={`Files: ${count(files.length)}`}>
      <Table
        caption="Files behind these buckets"
        rows={files}
        keyOf={(file) => file.file_version_id}
        columns={[
          { name: "file", title: "File", cell: (file) => <FileLink version={file.file_version_id}>{file.uri}</FileLink> },
          { name: "version", title: "Version", cell: (file) => <code>{file.file_version_id}</code> },
          { name: "arrived", title: "Arrived", cell: (file) => instant(file.arrived_at) },
          { name: "state", title: "State", cell: (file) => (file.recalled ? "recalled" : (file.status ?? "being read")) },
          { name: "bytes", title: "Content", cell: (file) => <Hash of={file.content_sha256} /> },
          { name: "kept", title: "Kept", cell: (file) => (file.archived ? "in the lake" : "archived elsewhere") },
        ]}
      />
    </Step>
  );
}

function Rows({ trace: { rows } }: { trace: Trace }) {
  const [all, showAll] = useState(false);
  if (!rows) return null;
  const shown = all ? rows.rows : rows.rows.slice(0, FEW);
  const counts = { all: "yes", some: "some of the file's rows", none: "no" };
  return (
    <Step title={`Rows of ${bucket(rows.bucket_start)}: ${count(rows.total)}`}>
      <Table
        caption="Rows of files"
        rows={shown}
        keyOf={(row) => `${row.file_version_id} ${row.row_number}`}
        columns={[
          { name: "row", title: "Row", cell: (row) => `${row.file_version_id}, row ${row.row_number}` },
          { name: "at", title: "Sold", cell: (row) => instant(row.sold_at) },
          { name: "units", title: "Units", numeric: true, cell: (row) => units(row.quantity) },
          { name: "money", title: "Revenue", numeric: true, cell: (row) => money(row.revenue) },
          { name: "sale", title: "Sale", cell: (row) => row.transaction_id ?? "" },
          { name: "counts", title: "Counted", cell: (row) => (row.recalled ? "no, recalled" : row.known ? counts[row.counts] : "no, came later") },
        ]}
      />
      {shown.length < rows.rows.length && (
        <Button className="mt-2" onClick={() => showAll(true)}>
          Show {count(rows.rows.length)} rows
        </Button>
      )}
      {all && rows.total > rows.rows.length && <p className="mt-2 text-soft">The API lists the others.</p>}
    </Step>
  );
}
