import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { instant } from "../../format/dates";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Ask, Field, FIELD } from "../../parts/Form";
import { Button, Failure, Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { useKept } from "../../session/kept";
import { keysOf, type Account, type ApiKey } from "./questions";
import { Secret, TwiceAsked } from "./Secret";
import { useChange } from "./useChange";

const route = getRouteApi("/operations");
const PERMISSIONS = ["read", "plan", "operate", "administer"];
const EMPTY = { user: "", purpose: "", permissions: ["read"], days: 90 };

/** API keys: what programs show in place of signing in. */
export function Keys({ users, may }: { users: readonly Account[]; may: boolean }) {
  const { every = false } = route.useSearch();
  const found = useQuery(keysOf(every));
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<Schemas["KeyMade"]>();
  return (
    <Card title="API keys" aside={may && !open && <Button onClick={() => setOpen(true)}>Make a key…</Button>}>
      {open && (
        <NewKey
          users={users}
          close={(told) => {
            setMade(told);
            setOpen(false);
          }}
        />
      )}
      {made && <div className="mb-3">{<Told made={made} />}</div>}
      <Asked of={found} lines={4}>
        {({ keys }) => (keys.length > 0 ? <Listed keys={keys} may={may} tell={setMade} /> : <Notice title="No keys">A program needs one to ask the API.</Notice>)}
      </Asked>
      <p className="mt-2">
        <Link to="/operations" search={(now) => ({ ...now, every: every ? undefined : true })} className="text-accent underline">
          {every ? "Only those that hold" : "Also those that no longer hold"}
        </Link>
      </p>
    </Card>
  );
}

function Told({ made }: { made: Schemas["KeyMade"] }) {
  if (made.key === null) return <TwiceAsked what="key" />;
  return (
    <Secret title={`The key ${made.prefix} of ${made.user}, shown only now:`} text={made.key}>
      {`The program shows it as Authorization: Bearer …, until ${instant(made.expires_at)}.`}
    </Secret>
  );
}

const STATES: Readonly<Record<ApiKey["state"], string>> = { holds: "holds", expired: "✕ expired", revoked: "✕ revoked" };

function Listed({ keys, may, tell }: { keys: readonly ApiKey[]; may: boolean; tell: (made: Schemas["KeyMade"]) => void }) {
  const [asks, setAsks] = useState<{ verb: "rotate" | "revoke"; prefix: string }>();
  return (
    <>
      <Table
        caption="API keys by user"
        rows={keys}
        keyOf={(one) => one.prefix}
        columns={[
          { name: "prefix", title: "Key", cell: (one) => <code>dp_{one.prefix}_…</code> },
          { name: "user", title: "User", cell: (one) => one.user },
          { name: "purpose", title: "What for", cell: (one) => one.purpose },
          { name: "may", title: "May", cell: (one) => one.permissions.join(", ") || "nothing" },
          { name: "until", title: "Until", cell: (one) => instant(one.expires_at) },
          { name: "state", title: "State", cell: (one) => STATES[one.state] },
          ...(may
            ? [
                {
                  name: "act",
                  title: "Change",
                  cell: (one: ApiKey) =>
                    one.state === "holds" ? (
                      <span className="flex gap-2">
                        <Button aria-label={`Replace key ${one.prefix}`} onClick={() => setAsks({ verb: "rotate", prefix: one.prefix })}>
                          Replace…
                        </Button>
                        <Button aria-label={`Revoke key ${one.prefix}`} onClick={() => setAsks({ verb: "revoke", prefix: one.prefix })}>
                          Revoke…
                        </Button>
                      </span>
                    ) : (
                      "–"
                    ),
                },
              ]
            : []),
        ]}
      />
      {asks?.verb === "rotate" && <Rotate key={asks.prefix} prefix={asks.prefix} tell={tell} close={() => setAsks(undefined)} />}
      {asks?.verb === "revoke" && <Revoke key={asks.prefix} prefix={asks.prefix} close={() => setAsks(undefined)} />}
    </>
  );
}

function Rotate({ prefix, tell, close }: { prefix: string; tell: (made: Schemas["KeyMade"]) => void; close: () => void }) {
  const [hours, setHours] = useState(24);
  const send = useChange(
    (body: Schemas["Rotation"], key) => answer(api.POST("/v1/keys/{prefix}/rotate", { params: { path: { prefix }, header: { "Idempotency-Key": key } }, body })),
    (told) => {
      tell(told);
      close();
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate({ overlap_hours: hours, days: 90 });
  };
  return (
    <form onSubmit={submit} aria-label={`Replace key ${prefix}`} className="mt-3 flex flex-wrap items-center gap-3 rounded-md border border-line p-3">
      <label>
        A new key for 90 days; {prefix} goes on for{" "}
        <input
          type="number"
          autoFocus
          min={0}
          max={720}
          required
          value={hours}
          onChange={(event) => setHours(event.target.valueAsNumber || 0)}
          className="w-20 rounded-md border border-line bg-page px-2 py-1"
        />{" "}
        hours
      </label>
      <Button main type="submit" disabled={send.isPending}>
        Replace
      </Button>
      <Button onClick={close}>Cancel</Button>
      {send.error && <Failure error={send.error} />}
    </form>
  );
}

function Revoke({ prefix, close }: { prefix: string; close: () => void }) {
  const send = useChange((_: null, key) => answer(api.DELETE("/v1/keys/{prefix}", { params: { path: { prefix }, header: { "Idempotency-Key": key } } })), close);
  return (
    <div role="group" aria-label={`Revoke key ${prefix}`} className="mt-3 flex flex-wrap items-center gap-3 rounded-md border border-line p-3">
      <span>Programs that show {prefix} are refused within seconds.</span>
      <Button main autoFocus disabled={send.isPending} onClick={() => send.mutate(null)}>
        Revoke
      </Button>
      <Button onClick={close}>Cancel</Button>
      {send.error && <Failure error={send.error} />}
    </div>
  );
}

function NewKey({ users, close }: { users: readonly Account[]; close: (told?: Schemas["KeyMade"]) => void }) {
  const { kept, keep } = useKept("new key", EMPTY);
  const look = `${FIELD} max-w-sm`;
  const send = useChange(
    (body: Schemas["NewKey"], key) => answer(api.POST("/v1/keys", { params: { header: { "Idempotency-Key": key } }, body })),
    (told) => {
      keep(null);
      close(told);
    },
  );
  const turn = (one: string) => keep({ ...kept, permissions: kept.permissions.includes(one) ? kept.permissions.filter((other) => other !== one) : [...kept.permissions, one] });
  return (
    <Ask
      label="Make a key"
      verb="Make it"
      ready={kept.user !== "" && kept.purpose.trim() !== "" && kept.permissions.length > 0}
      sent={send}
      send={() => send.mutate({ ...kept, purpose: kept.purpose.trim() })}
      close={() => {
        keep(null);
        close();
      }}
    >
      <Field label="Whose; it may at most what they may">
        <select autoFocus required value={kept.user} onChange={(event) => keep({ ...kept, user: event.target.value })} className={look}>
          <option value="">choose a user</option>
          {users.map(({ user }) => (
            <option key={user} value={user}>
              {user}
            </option>
          ))}
        </select>
      </Field>
      <Field label="What for, e.g. the program that shows it">
        <input required maxLength={200} value={kept.purpose} onChange={(event) => keep({ ...kept, purpose: event.target.value })} className={look} />
      </Field>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">At most this</legend>
        <div className="flex flex-wrap gap-4">
          {PERMISSIONS.map((one) => (
            <label key={one} className="flex items-baseline gap-2">
              <input type="checkbox" checked={kept.permissions.includes(one)} onChange={() => turn(one)} />
              {one}
            </label>
          ))}
        </div>
      </fieldset>
      <Field label="Days that it holds">
        <input
          type="number"
          min={1}
          max={366}
          required
          value={kept.days}
          onChange={(event) => keep({ ...kept, days: event.target.valueAsNumber || 1 })}
          className={`${FIELD} max-w-28`}
        />
      </Field>
    </Ask>
  );
}
