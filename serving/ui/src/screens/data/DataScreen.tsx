import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { instant } from "../../format/dates";
import { Heading } from "../../parts/Card";
import { TAB } from "../../parts/tab";
import { Conflicts } from "./Conflicts";
import { Files } from "./Files";
import { Outliers } from "./Outliers";
import { Quality } from "./Quality";
import { Producers } from "./Producers";
import { producers } from "./questions";
import type { DataSearch } from "./search";
import { Upload } from "./Upload";

const route = getRouteApi("/data");
const TABS: readonly [DataSearch["tab"], string][] = [
  [undefined, "Producers and files"],
  ["outliers", "Outliers"],
  ["quality", "Quality"],
  ["conflicts", "Attribute conflicts"],
];

/** Who delivers what, how fresh it is, what became of it, and what stands out in it. */
export function DataScreen() {
  const { tab } = route.useSearch();
  const at = useQuery({ ...producers, enabled: tab === undefined }).data?.at;
  return (
    <>
      <Heading title="Data">{at && `as of ${instant(at)}`}</Heading>
      <Tabs chosen={tab} />
      <div className="space-y-4">
        {tab === undefined && (
          <>
            <Producers />
            <Upload />
            <Files />
          </>
        )}
        {tab === "outliers" && <Outliers />}
        {tab === "quality" && <Quality />}
        {tab === "conflicts" && <Conflicts />}
      </div>
    </>
  );
}

function Tabs({ chosen }: { chosen: DataSearch["tab"] }) {
  return (
    <nav aria-label="Parts of this screen" className="mb-4 flex flex-wrap gap-2">
      {TABS.map(([tab, title]) => (
        <Link
          key={title}
          to="/data"
          search={{ tab }}
          {...TAB}
        >
          {tab === chosen && <span aria-hidden="true">✓ </span>}
          {title}
        </Link>
      ))}
    </nav>
  );
}
