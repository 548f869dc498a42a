import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { Button, Failure } from "../../parts/Notice";
import { AccessFields, accessOf } from "./AccessFields";
import { nodesOf, plainRole } from "./Accounts";
import type { Account } from "./questions";
import { Secret, TwiceAsked } from "./Secret";
import { useChange } from "./useChange";

type Verb = "disable" | "enable" | "password";

/** One user: roles and nodes, a new one-time password, being let in. */
export function UserCard({ user, isMe, may }: { user: Account; isMe: boolean; may: boolean }) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <section ref={place} tabIndex={-1} aria-label={`User ${user.user}`} className="mt-4 scroll-mt-36 space-y-3 rounded-md border border-line p-3 outline-none">
      <div className="flex flex-wrap justify-between gap-2">
        <h3 className="font-semibold">
          {user.user}: {user.roles.map(plainRole).join(", ")} of {nodesOf(user) === "all" ? "all nodes" : nodesOf(user)}
        </h3>
        <Link to="/operations" search={(now) => ({ ...now, account: undefined })} className="text-accent underline">
          Close
        </Link>
      </div>
      <p>
        <Link to="/operations" search={{ part: "ledger", user: user.user }} className="text-accent underline">
          What they did
        </Link>
        {", "}
        <Link to="/operations" search={{ part: "ledger", subject: user.user }} className="text-accent underline">
          what was done to them
        </Link>
      </p>
      {may && <Actions user={user} isMe={isMe} />}
      {may && !isMe && <Access key={JSON.stringify([user.roles, user.nodes, user.sees_outside])} user={user} />}
      {may && isMe && <p className="text-soft">Your own roles, and letting you in, are another administrator's to change.</p>}
    </section>
  );
}

function Actions({ user, isMe }: { user: Account; isMe: boolean }) {
  const [asks, setAsks] = useState<Verb>();
  const [told, setTold] = useState<Schemas["UserChanged"]>();
  const send = useChange(
    ({ verb }: { verb: Verb }, key) => answer(api.POST(`/v1/users/{name}/${verb}`, { params: { path: { name: user.user }, header: { "Idempotency-Key": key } } })),
    (answered) => {
      setTold(answered);
      setAsks(undefined);
    },
  );
  const ask = (verb: Verb) => {
    setTold(undefined);
    setAsks(verb);
  };
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap gap-3">
        <Button onClick={() => ask("password")}>New one-time password…</Button>
        {!isMe && <Button onClick={() => ask(user.disabled ? "enable" : "disable")}>{user.disabled ? "Let them in again…" : "Disable…"}</Button>}
      </div>
      {asks && (
        <div role="group" aria-label="Confirm" className="flex flex-wrap items-center gap-3">
          <span>{QUESTIONS[asks]}</span>
          <Button main autoFocus disabled={send.isPending} onClick={() => send.mutate({ verb: asks })}>
            Yes
          </Button>
          <Button onClick={() => setAsks(undefined)}>No</Button>
        </div>
      )}
      {send.error && <Failure error={send.error} />}
      {told && <Told user={told} wasPassword={send.variables?.verb === "password"} />}
    </div>
  );
}

const QUESTIONS: Readonly<Record<Verb, string>> = {
  password: "Their present password ends at once, and so does their session.",
  disable: "Neither they nor any of their keys is let in any more.",
  enable: "They are let in again, with the password and the keys that they had.",
};

function Told({ user, wasPassword }: { user: Schemas["UserChanged"]; wasPassword: boolean }) {
  if (!wasPassword) return <p role="status">{user.disabled ? "✕ They are disabled; it holds within seconds." : "✓ They are let in again."}</p>;
  if (user.one_time_password === null) return <TwiceAsked what="one-time password" />;
  return (
    <Secret title="The one-time password, shown only now:" text={user.one_time_password}>
      They replace it by one of their own when they sign in.
    </Secret>
  );
}

function Access({ user }: { user: Account }) {
  const [draft, setDraft] = useState({ roles: user.roles, nodes: (user.nodes ?? []).join("\n"), sees_outside: user.sees_outside });
  const send = useChange((body: Schemas["Access"], key) =>
    answer(api.POST("/v1/users/{name}/access", { params: { path: { name: user.user }, header: { "Idempotency-Key": key } }, body })),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate(accessOf(draft));
  };
  return (
    <details>
      <summary className="font-medium">Change roles and nodes</summary>
      <form onSubmit={submit} aria-label={`Roles and nodes of ${user.user}`} className="mt-2 space-y-3">
        <AccessFields draft={draft} change={setDraft} />
        <div className="flex items-center gap-3">
          <Button main type="submit" disabled={send.isPending || draft.roles.length === 0}>
            Save
          </Button>
          <span className="text-soft">Whoever is signed in as {user.user} must sign in again.</span>
        </div>
        {send.error && <Failure error={send.error} />}
      </form>
    </details>
  );
}
