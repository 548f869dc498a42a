import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { bucket } from "../../format/dates";
import { count, units } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Kind } from "../../parts/Lock";
import { Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { isChosen } from "../item/editing/draft";
import type { Editing } from "../item/editing/useEditing";
import { ItemLink } from "../ItemLink";
import { namesOf } from "../links";
import { whyOf } from "../plannersNumbers";
import type { PlannersNumber, Side } from "./rows";

interface Placed {
  number: PlannersNumber;
  side: Side;
  isSeries: boolean;
}

const SHOWN = 100;
const WHERE: Record<Side, string> = { here: "this node", above: "above", below: "below" };

/** What a draft cannot keep, and which locks stand in its way, with who set them. */
export function Conflicts({ editing, related }: { editing: Editing; related: Placed[] }) {
  const { effect, draft, hierarchy } = editing;
  if (!effect || effect.conflicts.length === 0) return null;
  const locks = related.filter(({ number }) => number.lock && isChosen(draft, number.bucket_start));
  return (
    <section aria-label="Locks that contradict each other" className="space-y-3">
      <Notice title="Not all of these numbers can be kept" bad>
        <p>
          {effect.conflicts.length === 1 ? "One cannot" : `${count(effect.conflicts.length)} cannot`}; the preview above says which. Locks hold as long as all
          of them can: what is locked above has to be the sum of what is locked below and of the rest. Of those that cannot be kept together the least
          specific gives way. Choose another number, or have a lock taken back by who set it.
        </p>
      </Notice>
      {locks.length > 0 && (
        <Card title="Locks in these buckets">
          <Numbers caption="Locks in these buckets" found={locks} hierarchy={hierarchy} />
        </Card>
      )}
    </section>
  );
}

/** Numbers that planners set above and below the node. */
export function Related({ found, related, hierarchy }: { found: UseQueryResult<Schemas["Overrides"]>; related: Placed[]; hierarchy: string }) {
  return (
    <Card title="Planners’ numbers above and below" aside={<span className="text-sm text-soft">those that hold in this cycle</span>}>
      <Asked of={found} lines={3}>
        {(all) =>
          related.length === 0 ? (
            <p className="text-soft">None above or below this node.</p>
          ) : (
            <>
              <Numbers caption="Planners’ numbers above and below" found={related.slice(0, SHOWN)} hierarchy={hierarchy} />
              {(related.length > SHOWN || all.next) && (
                <p className="mt-2 text-soft">
                  The first {count(Math.min(SHOWN, related.length))} of {all.next ? "more than " : ""}
                  {count(related.length)}.
                </p>
              )}
            </>
          )
        }
      </Asked>
      <p className="mt-2 text-sm text-soft">Numbers of single series stand on their own pages, and under the total.</p>
    </Card>
  );
}

function Numbers({ caption, found, hierarchy }: { caption: string; found: Placed[]; hierarchy: string }) {
  return (
    <Table
      caption={caption}
      rows={found}
      keyOf={({ number }) => number.number}
      columns={[
        {
          name: "node",
          title: "Node",
          cell: ({ number, isSeries }) =>
            isSeries ? (
              <ItemLink hierarchy={hierarchy} level="series" node={number.node} />
            ) : (
              <Link
                to="/hierarchy"
                search={{ hierarchy, node: number.node === "total" ? undefined : number.node, edit: true }}
                className="font-medium text-accent underline-offset-2 hover:underline"
              >
                {namesOf(number.node).join(" › ")}
              </Link>
            ),
        },
        { name: "where", title: "Where", cell: ({ side }) => WHERE[side] },
        { name: "bucket", title: "Bucket", cell: ({ number }) => bucket(number.bucket_start) },
        { name: "units", title: "Units", numeric: true, cell: ({ number }) => units(number.quantity) },
        {
          name: "kind",
          title: "Kind",
          cell: ({ number }) => <Kind lock={number.lock} />,
        },
        { name: "who", title: "Who", cell: ({ number }) => number.user },
        { name: "cycle", title: "In the cycle of", cell: ({ number }) => bucket(number.cycle) },
        { name: "why", title: "Why", cell: ({ number }) => whyOf(number) },
      ]}
    />
  );
}
