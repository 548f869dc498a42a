import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useAsking } from "../../session/useAsking";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { NewUser } from "./NewUser";
import { Keys } from "./Keys";
import { users, type Account } from "./questions";
import { UserCard } from "./UserCard";

const route = getRouteApi("/operations");
const PASSWORDS: Readonly<Record<Account["password"], string>> = { none: "none, only keys", one_time: "one-time, not changed yet", own: "their own" };

/** Users and keys. An administrator of some nodes looks; only one of all nodes changes anything. */
export function Accounts() {
  const { account } = route.useSearch();
  const asking = useAsking().data;
  const found = useQuery(users);
  if (!asking) return null;
  const may = asking.nodes === null;
  return (
    <div className="space-y-4">
      {!may && <Notice title="You can look, and change nothing">Users and keys are about all nodes, and you are kept to some of them.</Notice>}
      <Card title="Users" aside={may && <NewUser />}>
        <Asked of={found} lines={6}>
          {({ users: all }) => (
            <>
              <Listed all={all} me={asking.name} />
              {account !== undefined && <Chosen all={all} name={account} me={asking.name} may={may} />}
            </>
          )}
        </Asked>
      </Card>
      <Keys users={found.data?.users ?? []} may={may} />
    </div>
  );
}

function Listed({ all, me }: { all: readonly Account[]; me: string }) {
  const { account } = route.useSearch();
  return (
    <Table
      caption="Users by name"
      rows={all}
      keyOf={(one) => one.user}
      columns={[
        {
          name: "user",
          title: "User",
          cell: (one) => (
            <Link
              to="/operations"
              search={(now) => ({ ...now, account: one.user })}
              className="font-medium text-accent underline-offset-2 hover:underline"
            >
              {one.user === account && <span aria-hidden="true">▸ </span>}
              {one.user}
              {one.user === me && " (you)"}
            </Link>
          ),
        },
        { name: "roles", title: "Roles", cell: (one) => one.roles.map(plainRole).join(", ") },
        { name: "nodes", title: "Nodes", cell: (one) => nodesOf(one) },
        { name: "password", title: "Password", cell: (one) => PASSWORDS[one.password] },
        { name: "state", title: "State", cell: (one) => (one.disabled ? <strong className="text-bad">✕ disabled</strong> : "in use") },
      ]}
    />
  );
}

function Chosen({ all, name, me, may }: { all: readonly Account[]; name: string; me: string; may: boolean }) {
  const found = all.find((one) => one.user === name);
  if (!found) return <Notice title={`There is no user ${name}`}>The address may be old; everybody stands above.</Notice>;
  return <UserCard key={found.user} user={found} isMe={found.user === me} may={may} />;
}

export function plainRole(role: string): string {
  return role.replaceAll("_", " ");
}

export function nodesOf({ nodes, sees_outside }: Account): string {
  if (nodes === null) return "all";
  return `${nodes.join(", ")}${sees_outside ? " (reads the others)" : ""}`;
}
