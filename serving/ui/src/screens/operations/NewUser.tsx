import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { Ask, Field, FIELD } from "../../parts/Form";
import { Button } from "../../parts/Notice";
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
  return (
    <Ask
      label="Add a user"
      verb="Add"
      ready={kept.user.trim() !== "" && kept.roles.length > 0}
      sent={send}
      send={() => send.mutate({ user: kept.user.trim(), with_password: kept.with_password, ...accessOf(kept) })}
      close={() => {
        keep(null);
        close();
      }}
    >
      <Field label="Name: small letters, digits and . _ @ -">
        <input
          autoFocus
          required
          maxLength={64}
          autoComplete="off"
          value={kept.user}
          onChange={(event) => keep({ ...kept, user: event.target.value })}
          className={`${FIELD} max-w-sm`}
        />
      </Field>
      <AccessFields draft={kept} change={(next) => keep({ ...kept, ...next })} />
      <label className="flex items-baseline gap-2">
        <input type="checkbox" checked={!kept.with_password} onChange={() => keep({ ...kept, with_password: !kept.with_password })} />
        a program: cannot sign in, only has keys
      </label>
    </Ask>
  );
}
