import type { Schemas } from "../../api/client";
import { Field, FIELD } from "../../parts/Form";

interface AccessDraft {
  roles: string[];
  nodes: string;
  sees_outside: boolean;
}

const ROLES: [string, string][] = [
  ["viewer", "reads"],
  ["planner", "reads, sets and approves numbers"],
  ["data_engineer", "reads, takes files, rolls back, searches the ledger"],
  ["admin", "all of that, and manages users and keys"],
];

export const NO_ACCESS: AccessDraft = { roles: ["viewer"], nodes: "", sees_outside: false };

/** What the API is asked for: nodes stand one a line; none is all of them. */
export function accessOf(draft: AccessDraft): Schemas["Access"] {
  const nodes = draft.nodes.split("\n").map((one) => one.trim()).filter(Boolean);
  return { roles: draft.roles, nodes: nodes.length > 0 ? nodes : null, sees_outside: nodes.length > 0 && draft.sees_outside };
}

/** Roles and nodes of a user, to be chosen. */
export function AccessFields({ draft, change }: { draft: AccessDraft; change: (next: AccessDraft) => void }) {
  const has = (role: string) => draft.roles.includes(role);
  const turn = (role: string) => change({ ...draft, roles: has(role) ? draft.roles.filter((one) => one !== role) : [...draft.roles, role] });
  return (
    <>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">Roles</legend>
        {ROLES.map(([role, does]) => (
          <label key={role} className="flex items-baseline gap-2 py-0.5">
            <input type="checkbox" checked={has(role)} onChange={() => turn(role)} />
            <span>
              {role.replaceAll("_", " ")} <span className="text-soft">{does}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Field label="Nodes to be kept to, one a line; none for all">
        <textarea
          rows={2}
          placeholder="product:GROCERY"
          value={draft.nodes}
          onChange={(event) => change({ ...draft, nodes: event.target.value })}
          className={`${FIELD} max-w-xl placeholder:text-soft`}
        />
      </Field>
      <label className="flex items-baseline gap-2">
        <input type="checkbox" checked={draft.sees_outside} disabled={draft.nodes.trim() === ""} onChange={() => change({ ...draft, sees_outside: !draft.sees_outside })} />
        may read, though not change, what lies outside of these nodes
      </label>
    </>
  );
}
