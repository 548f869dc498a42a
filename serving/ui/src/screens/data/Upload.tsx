import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useRef, useState, type FormEvent } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce } from "../../api/sending";
import { count, share } from "../../format/numbers";
import { Card } from "../../parts/Card";
import { Button, Failure, Notice } from "../../parts/Notice";
import { useMayOperate } from "../../session/useAsking";
import { FileLink } from "../ItemLink";
import { Mark } from "./Mark";
import { producers } from "./questions";
import { upload } from "./upload";
import { size, STATES } from "./words";

const route = getRouteApi("/data");
const ASK_AGAIN = 3000;

/** A file of a producer into the landing folder, and what becomes of it; nothing at all for who may not. */
export function Upload() {
  const may = useMayOperate();
  const known = useQuery({ ...producers, enabled: may }).data?.producers.filter((one) => one.configured) ?? [];
  if (!may || known.length === 0) return null;
  return (
    <Card title="Upload a file">
      <UploadForm known={known} />
    </Card>
  );
}

function UploadForm({ known }: { known: Schemas["Producer"][] }) {
  const chosen = route.useSearch().producer;
  const [producer, setProducer] = useState<string>();
  const [file, setFile] = useState<File>();
  const [done, setDone] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const sending = useMutation({
    ...atOnce,
    mutationFn: ({ to, what }: { to: string; what: File }) => upload(to, what, setDone),
    onSuccess: () => {
      setFile(undefined);
      if (input.current) input.current.value = "";
    },
  });
  const to = known.find((one) => one.producer === (producer ?? chosen)) ?? known[0];
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!to || !file) return;
    setDone(0);
    sending.mutate({ to: to.producer, what: file });
  };
  return (
    <>
      <form onSubmit={send} aria-label="Upload a file" className="flex flex-wrap items-end gap-3">
        <label className="block">
          <span className="mb-1 block text-sm text-soft">Of the producer</span>
          <select value={to?.producer} onChange={(event) => setProducer(event.target.value)} className="rounded-md border border-line bg-surface px-2 py-1.5">
            {known.map((one) => (
              <option key={one.producer}>{one.producer}</option>
            ))}
          </select>
        </label>
        <label className="block">
          <span className="mb-1 block text-sm text-soft">File, named like {to?.files.join(" or ")}</span>
          <input
            ref={input}
            type="file"
            onChange={(event) => {
              setFile(event.target.files?.[0]);
              sending.reset();
            }}
            className="max-w-full rounded-md border border-line bg-page px-2 py-1 file:mr-3 file:rounded file:border file:border-line file:bg-surface file:px-2 file:py-0.5 file:text-ink"
          />
        </label>
        <Button main type="submit" disabled={!file || sending.isPending}>
          Upload
        </Button>
      </form>
      <div className="mt-3 space-y-2 empty:hidden">
        {sending.isPending && <Progress share={done} file={sending.variables.what} />}
        {sending.error && <Failure error={sending.error} />}
        {sending.data && <Outcome key={sending.submittedAt} of={sending.data} />}
      </div>
    </>
  );
}

function Progress({ share: done, file }: { share: number; file: File }) {
  return (
    <label className="block max-w-xl">
      <span className="text-sm">
        {file.name}: {share(done)} of {size(file.size)}
      </span>
      <progress max={1} value={done} className="block h-3 w-full accent-(--accent)" />
    </label>
  );
}

/** What becomes of a file that landed: asked for until it was read. */
function Outcome({ of: { producer, uri, sha256, bytes, replaced } }: { of: Schemas["Uploaded"] }) {
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ["data", "outcome", uri, sha256],
    queryFn: async () => {
      const page = await answer(api.GET("/v1/files", { params: { query: { producer, uri, limit: 50 } } }));
      const version = page.files.find((one) => one.uri === uri && one.content_sha256 === sha256) ?? null;
      if (version && version.state !== "waiting") await queries.invalidateQueries({ queryKey: ["data"], predicate: (one) => one.queryKey[1] !== "outcome" });
      return version;
    },
    refetchInterval: (query) => (query.state.data && query.state.data.state !== "waiting" ? false : ASK_AGAIN),
  });
  const version = found.data;
  const landed = `${uri} landed, ${size(bytes)}${replaced ? "; it is a new version of the file that lay there" : ""}.`;
  if (!version || version.state === "waiting") {
    return <Notice title={landed}>It waits to be read. A running graph does that by itself, mostly within a minute; elsewhere `dp run` does.</Notice>;
  }
  return (
    <Notice title={landed} bad={version.state === "quarantined"}>
      <Mark of={STATES} name={version.state} />
      {version.rows && `: ${count(version.rows.accepted)} of ${count(version.rows.read)} rows accepted, ${count(version.rows.rejected)} rejected`}
      {version.reason && `: ${version.reason}`}. <FileLink version={version.file_version_id}>Look at the file</FileLink>
    </Notice>
  );
}
