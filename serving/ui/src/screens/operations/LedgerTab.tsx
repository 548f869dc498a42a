import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import type { Schemas } from "../../api/client";
import { instant } from "../../format/dates";
import { NOTHING, count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Button, Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Table } from "../../parts/Table";
import { useMay } from "../../session/useAsking";
import { changesOf, inShort } from "./changes";
import { ledgerOf, type LedgerRow } from "./questions";

const route = getRouteApi("/operations");
const FIELDS = ["user", "subject", "text", "first", "last"] as const;

/** The audit ledger: who did what, searched by any of it. */
export function LedgerTab() {
  const { user, action, subject, text, first, last, cursor } = route.useSearch();
  const asked = { user, action, subject, text, first, last };
  const found = useQuery(ledgerOf({ ...asked, cursor }));
  const manages = useMay("administer");
  return (
    <>
      <Search key={JSON.stringify(asked)} asked={asked} actions={found.data?.actions ?? []} />
      {!manages && <p className="mb-3 text-soft">What was done to users and keys, and refused sign-ins, is shown to administrators.</p>}
      <Asked of={found} lines={10}>
        {(page) => <Rows page={page} isFiltered={Object.values(asked).some(Boolean)} later={cursor !== undefined} />}
      </Asked>
    </>
  );
}

type Filters = Partial<Record<(typeof FIELDS)[number] | "action", string>>;

function Search({ asked, actions }: { asked: Filters; actions: readonly string[] }) {
  const go = useNavigate({ from: "/operations" });
  const look = "mt-1 block w-full rounded-md border border-line bg-page px-3 py-1.5";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const said = (name: string) => String(given.get(name) ?? "").trim() || undefined;
    void go({ search: { part: "ledger", action: said("action"), ...Object.fromEntries(FIELDS.map((name) => [name, said(name)])) } });
  };
  return (
    <form onSubmit={submit} aria-label="Search the ledger" className="mb-4 rounded-lg border border-line bg-surface p-4">
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-6">
        <label className="text-sm font-medium">
          Any words
          <input name="text" maxLength={200} defaultValue={asked.text} className={look} />
        </label>
        <label className="text-sm font-medium">
          Who
          <input name="user" maxLength={200} defaultValue={asked.user} autoComplete="off" className={look} />
        </label>
        <label className="text-sm font-medium">
          What was done
          <select name="action" defaultValue={asked.action ?? ""} className={look}>
            <option value="">anything</option>
            {[...new Set([...actions, ...(asked.action ? [asked.action] : [])])].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="text-sm font-medium">
          To what
          <input name="subject" maxLength={200} defaultValue={asked.subject} className={look} />
        </label>
        <label className="text-sm font-medium">
          From (UTC)
          <input name="first" type="date" defaultValue={asked.first} className={look} />
        </label>
        <label className="text-sm font-medium">
          To (UTC)
          <input name="last" type="date" defaultValue={asked.last} className={look} />
        </label>
      </div>
      <div className="mt-3 flex gap-3">
        <Button main type="submit">
          Search
        </Button>
        <Button onClick={() => void go({ search: { part: "ledger" } })}>Clear</Button>
      </div>
    </form>
  );
}

function Rows({ page, isFiltered, later }: { page: Schemas["Ledger"]; isFiltered: boolean; later: boolean }) {
  if (page.rows.length === 0)
    return isFiltered ? (
      <Notice title="No row fits">Fewer words, another day or Clear finds more.</Notice>
    ) : (
      <Notice title="The ledger is empty">Nobody set a number, and nothing was published yet.</Notice>
    );
  return (
    <div className="rounded-lg border border-line bg-surface p-2">
      <Table
        caption="Rows of the ledger, the newest first"
        rows={page.rows}
        keyOf={(one) => one.number}
        columns={[
          { name: "number", title: "Row", cell: (one) => count(one.number) },
          { name: "at", title: "When", cell: (one) => <span className="whitespace-nowrap">{instant(one.at)}</span> },
          { name: "user", title: "Who", cell: (one) => one.user },
          { name: "action", title: "What", cell: (one) => one.action },
          { name: "subject", title: "To what", cell: (one) => <span className="inline-block min-w-28 break-words">{one.subject}</span> },
          { name: "change", title: "Change", cell: (one) => <Changed row={one} /> },
        ]}
      />
      <Pages next={page.next} later={later} words={["Newest rows", "Older rows"]}>
        <span role="status">
          {count(page.rows.length)} of {count(page.total)} rows
        </span>
      </Pages>
    </div>
  );
}

/** What a row changed: a line, and below it every field. */
function Changed({ row }: { row: LedgerRow }) {
  const short = inShort(row);
  const changes = row.is_cut ? [] : changesOf(row);
  if (changes.length === 0) return short || NOTHING;
  return (
    <details>
      <summary className="break-words">{short}</summary>
      <dl className="mt-2 space-y-1 border-l-2 border-line pl-3 text-sm">
        {changes.map((one) => (
          <div key={one.field}>
            <dt className="inline font-medium">{one.field}: </dt>
            <dd className="inline break-words">
              {one.before}
              {one.before !== null && one.after !== null && " → "}
              {one.after ?? (one.before === null ? "" : " → nothing")}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
