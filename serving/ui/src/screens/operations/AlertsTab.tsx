import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { instant } from "../../format/dates";
import { count } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { alertsOf } from "./questions";

const route = getRouteApi("/operations");
type Alert = Schemas["AlertCard"];
const SIGNS: Readonly<Record<Alert["severity"], string>> = { critical: "✖ critical", error: "✖ error", warning: "! warning" };

/** What is wrong by itself and, where asked for, what was: what happened, what it means, what to do, whom it was told to. */
export function AlertsTab() {
  const { every, cursor } = route.useSearch();
  const found = useQuery(alertsOf(every === true, cursor));
  return (
    <>
      <p className="mb-3">
        <Link to="/operations" search={{ part: "alerts", every: every ? undefined : true }} className="text-accent underline">
          {every ? "Show only what is open" : "Show what is over as well"}
        </Link>
      </p>
      <Asked of={found} lines={6}>
        {(page) => <Listed page={page} every={every === true} later={cursor !== undefined} />}
      </Asked>
    </>
  );
}

function Listed({ page, every, later }: { page: Schemas["Alerts"]; every: boolean; later: boolean }) {
  if (page.alerts.length === 0)
    return <Notice title={every ? "There were no alerts" : "Nothing is wrong"}>The daemon’s alerts sensor looks four times a minute, while it runs.</Notice>;
  return (
    <div className="rounded-lg border border-line bg-surface p-2">
      <ul aria-label="Alerts, the last opened first" className="space-y-3 p-2">
        {page.alerts.map((one) => (
          <li key={one.number} className={`border-l-4 pl-3 ${one.closed_at ? "border-line" : "border-warn"}`}>
            <Told alert={one} />
          </li>
        ))}
      </ul>
      <Pages next={page.next} later={later} words={["Newest alerts", "Older alerts"]}>
        <span role="status">
          {count(page.open)} open; {count(page.alerts.length)} of {count(page.total)} shown
        </span>
      </Pages>
    </div>
  );
}

function Told({ alert }: { alert: Alert }) {
  const { closed_at: closed } = alert;
  return (
    <>
      <p className="font-semibold break-words">
        {closed ? "✓ over" : SIGNS[alert.severity]}: {alert.happened}
      </p>
      <p>
        {alert.means} {!closed && alert.do}
      </p>
      <p className="text-soft">
        Since {instant(alert.opened_at)}
        {closed && `, until ${instant(closed)}: ${alert.over_because ?? alert.ending ?? ""}`} · {alert.owner} · {toldTo(alert.told)} · {alert.runbook}
        {alert.link && (
          <>
            {" · "}
            <a href={alert.link} className="text-accent underline">
              Where to look<span className="sr-only">: {alert.happened}</span>
            </a>
          </>
        )}
      </p>
    </>
  );
}

/** Which channels know that it began, and which do not yet, and why. */
function toldTo(told: Alert["told"]): string {
  const began = told.filter((one) => one.what === "opened");
  if (began.length === 0) return "no channel is told of this";
  return began.map((one) => (one.sent_at ? `told to ${one.channel}` : `not told to ${one.channel} yet${one.error ? `: ${one.error}` : ""}`)).join(", ");
}
