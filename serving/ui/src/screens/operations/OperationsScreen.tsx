import { Link, getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { Heading } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { TAB } from "../../parts/tab";
import { useAsking, useIsKept } from "../../session/useAsking";
import { Accounts } from "./Accounts";
import { AlertsTab } from "./AlertsTab";
import { Cycles } from "./Cycles";
import { DriftPart } from "./DriftPart";
import { LedgerTab } from "./LedgerTab";
import { ThresholdsPart } from "./ThresholdsPart";

const route = getRouteApi("/operations");
const PARTS = [
  { part: "cycles", title: "Cycles", needs: "read" },
  { part: "alerts", title: "Alerts", needs: "operate" },
  { part: "drift", title: "Drift", needs: "read" },
  { part: "ledger", title: "Ledger", needs: "operate" },
  { part: "thresholds", title: "Thresholds", needs: "read" },
  { part: "accounts", title: "Users and keys", needs: "administer" },
] as const;
const ROLES = { read: "viewer", operate: "data engineer or admin", administer: "admin" };

/** Cycles and what is served of them, alerts, drift, the audit ledger, thresholds, users and keys. */
export function OperationsScreen() {
  const { part = "cycles" } = route.useSearch();
  const asking = useAsking().data;
  const isKept = useIsKept();
  if (!asking) return null;
  const open = PARTS.filter((one) => asking.permissions.includes(one.needs) && !(isKept && one.part !== "cycles"));
  const chosen = open.find((one) => one.part === part);
  return (
    <>
      <Heading title="Operations" />
      <nav aria-label="Parts of operations" className="mb-4 flex flex-wrap gap-2">
        {open.map((one) => (
          <Link
            key={one.part}
            to="/operations"
            search={{ part: one.part === "cycles" ? undefined : one.part }}
            {...TAB}
          >
            {one.part === part && <span aria-hidden="true">✓ </span>}
            {one.title}
          </Link>
        ))}
      </nav>
      {chosen ? <Chosen part={chosen.part} /> : <Refused part={part} asking={asking} />}
    </>
  );
}

function Chosen({ part }: { part: (typeof PARTS)[number]["part"] }) {
  if (part === "alerts") return <AlertsTab />;
  if (part === "drift") return <DriftPart />;
  if (part === "ledger") return <LedgerTab />;
  if (part === "thresholds") return <ThresholdsPart />;
  return part === "accounts" ? <Accounts /> : <Cycles />;
}

function Refused({ part, asking }: { part: string; asking: Schemas["Asking"] }) {
  const wanted = PARTS.find((one) => one.part === part);
  if (!wanted) return <Notice title="There is no such part">The parts that there are stand above.</Notice>;
  if (!asking.signed_in)
    return (
      <Notice title={`${wanted.title}: not on an open API`}>
        The API is open on this machine, and so is read only. Start it with DP_API_ACCESS=keys and sign in.
      </Notice>
    );
  if (asking.permissions.includes(wanted.needs))
    return <Notice title={`${wanted.title}: not for you`}>That tells of all nodes, and you are kept to some of them.</Notice>;
  return <Notice title={`${wanted.title}: not for you`}>That takes the role {ROLES[wanted.needs]}, which an administrator gives.</Notice>;
}
