import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { instant } from "../../format/dates";
import { count, NOTHING } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card, Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { FileLink } from "../ItemLink";
import { LedgerCard } from "./LedgerCard";
import { Mark } from "./Mark";
import { QualityTable } from "./QualityTable";
import { RecallCard } from "./RecallCard";
import { RejectedCard } from "./RejectedCard";
import { fileOf } from "./questions";
import { ADVICE, plain, size, span, STATES } from "./words";

export type FileCard = Schemas["FileCard"];
export const route = getRouteApi("/data/files/$version");
export const SHOWN_ROWS = 20;

/** Everything that is known of one version of a file. */
export function FileScreen() {
  const { version } = route.useParams();
  const { rule, rejected = SHOWN_ROWS } = route.useSearch();
  const found = useQuery(fileOf(version, rule, rejected));
  return (
    <>
      <p className="mb-2">
        <Link to="/data" className="text-accent underline-offset-2 hover:underline">
          ‹ Data
        </Link>
      </p>
      <Heading title={found.data?.uri ?? version}>{found.data && <Mark of={STATES} name={found.data.state} />}</Heading>
      <Asked of={found} lines={12}>
        {(file) => (
          <div className="space-y-4">
            <Standing file={file} />
            <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
              <LedgerCard file={file} />
              <About file={file} />
            </div>
            <RecallCard key={file.file_version_id} file={file} />
            {file.rows && <RejectedCard file={file} />}
            <Card title="Data quality">
              <QualityTable rows={file.quality} />
            </Card>
          </div>
        )}
      </Asked>
    </>
  );
}

/** Why it does not count, or not any more, and what to do. */
function Standing({ file: { state, reason, superseded_by } }: { file: FileCard }) {
  const advice = ADVICE[state];
  if (!advice) return null;
  return (
    <Notice title={reason ?? STATES[state]?.words ?? state} bad={state === "quarantined"}>
      {advice} {superseded_by && <FileLink version={superseded_by}>The version that counts</FileLink>}
    </Notice>
  );
}

function About({ file }: { file: FileCard }) {
  const columns = Object.entries(file.read_as?.columns_found ?? {});
  return (
    <Card title="The file">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        <Row title="Producer">
          <Link to="/data" search={{ producer: file.producer }} className="text-accent underline underline-offset-2">
            {file.producer}
          </Link>
          , {plain(file.feed)}
        </Row>
        <Row title="Arrived">{instant(file.arrived_at)}</Row>
        <Row title="Buckets">{span(file.buckets)}</Row>
        <Row title="Size">{size(file.bytes)}</Row>
        <Row title="Read as">{file.read_as ? `${file.read_as.format ?? "unknown"}, ${count(file.read_as.rows)} rows` : NOTHING}</Row>
        <Row title="Version">{file.file_version_id}</Row>
        {file.supersedes && (
          <Row title="Replaces">
            <FileLink version={file.supersedes}>{file.supersedes}</FileLink>
          </Row>
        )}
        <Row title="Kept at">
          {file.archive.location}
          {!file.archived && <span className="text-bad"> (the bytes are gone)</span>}
        </Row>
        <Row title="SHA-256">{file.content_sha256}</Row>
      </dl>
      {columns.length > 0 && (
        <details className="mt-3">
          <summary>{count(columns.length)} columns as found</summary>
          <p className="mt-1 break-words text-soft">{columns.map(([name, type]) => `${name} (${type})`).join(", ")}</p>
        </details>
      )}
      {file.schema_drift && file.schema_drift.length > 0 && (
        <p className="mt-3 text-warn">Columns differ from earlier files: {file.schema_drift.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("; ")}</p>
      )}
    </Card>
  );
}

function Row({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-soft">{title}</dt>
      <dd className="min-w-0 break-words [overflow-wrap:anywhere]">{children}</dd>
    </>
  );
}
