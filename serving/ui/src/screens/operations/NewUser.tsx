import { useState, type FormEvent } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { Button, Failure } from "../../parts/Notice";
import { useKept } from "../../session/kept";
import { AccessFields, NO_ACCESS, accessOf } from "./AccessFields";
import { Secret, TwiceAsked } from "./Secret";
import { useChange } from "./useChange";

const EMPTY = { user: "", with_password: true, ...NO_ACCESS };

/** Adds a user, and tells the one-time password. */
export function NewUser() {
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<Schemas["UserChanged"]>();
  return (
    <div className={open || made ? "w-full" : ""}>
      {!open && <Button onClick={() => setOpen(true)}>Add a user…</Button>}
      {open && (
        <Form
          close={(told) => {
            setMade(told);
            setOpen(false);
          }}
        />
      )}
      {made && <div className="mt-3">{<Told user={made} />}</div>}
    </div>
  );
}

function Told({ user }: { user: Schemas["UserChanged"] }) {
  if (user.password === "none") return <p role="status">{user.user} is added, and only has keys: make one below.</p>;
  if (user.one_time_password === null) return <TwiceAsked what="one-time password" />;
  return (
    <Secret title={`${user.user} is added. Their one-time password, shown only now:`} text={user.one_time_password}>
      They replace it by one of their own when they first sign in.
    </Secret>
  );
}

function Form({ close }: { close: (told?: Schemas["UserChanged"]) => void }) {
  const { kept, keep } = useKept("new user", EMPTY);
  const send = useChange(
    (body: Schemas["NewUser"], key) => answer(api.POST("/v1/users", { params: { header: { "Idempotency-Key": key } }, body })),
    (told) => {
      keep(null);
      close(told);
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate({ user: kept.user.trim(), with_password: kept.with_password, ...accessOf(kept) });
  };
  return (
    <form onSubmit={submit} aria-label="Add a user" className="space-y-3 rounded-md border border-line p-3">
      <label className="block">
        <span className="mb-1 block text-sm font-medium">Name: small letters, digits and . _ @ -</span>
        <input
          autoFocus
          required
          maxLength={64}
          autoComplete="off"
          value={kept.user}
          onChange={(event) => keep({ ...kept, user: event.target.value })}
          className="w-full max-w-sm rounded-md border border-line bg-page px-3 py-1.5"
        />
      </label>
      <AccessFields draft={kept} change={(next) => keep({ ...kept, ...next })} />
      <label className="flex items-baseline gap-2">
        <input type="checkbox" checked={!kept.with_password} onChange={() => keep({ ...kept, with_password: !kept.with_password })} />
        a program: cannot sign in, only has keys
      </label>
      <div className="flex gap-3">
        <Button main type="submit" disabled={send.isPending || kept.user.trim() === "" || kept.roles.length === 0}>
          Add
        </Button>
        <Button
          onClick={() => {
            keep(null);
            close();
          }}
        >
          Cancel
        </Button>
      </div>
      {send.error && <Failure error={send.error} />}
    </form>
  );
}
