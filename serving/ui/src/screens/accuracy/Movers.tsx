import { useQuery } from "@tanstack/react-query";
import { bucket } from "../../format/dates";
import { change, share, signedShare } from "../../format/numbers";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Table } from "../../parts/Table";
import { NodeLink } from "../ItemLink";
import { allScores, movesOf, type Move } from "./cycles";

const SHOWN = 8;

interface Props {
  cycle: string;
  /** The scored cycle before; undefined where this is the first. */
  before?: string;
  level: string;
  lead: number;
  /** Names of levels whose nodes are not of a hierarchy, and so have no page. */
  groups: readonly string[];
}

/** Nodes whose error grew or fell most since the cycle before. Cycles are compared at one lead, which both have. */
export function Movers({ cycle, before, level, lead, groups }: Props) {
  const at = Math.max(1, lead);
  const now = useQuery(allScores(cycle, level, at));
  const then = useQuery({ ...allScores(before ?? cycle, level, at), enabled: before !== undefined });
  return (
    <Card title="Worst and best movers" aside={before && <span className="text-soft">against {bucket(before)}, lead {at}</span>}>
      {before === undefined ? (
        <p className="text-soft">No cycle before this one was scored, so there is nothing to compare with.</p>
      ) : (
        <Asked of={then} lines={6}>
          {(earlier) => <Asked of={now} lines={6}>{(later) => <Moves moves={movesOf(earlier, later)} bare={groups.includes(level)} />}</Asked>}
        </Asked>
      )}
    </Card>
  );
}

function Moves({ moves, bare }: { moves: Move[]; bare: boolean }) {
  const worse = moves.filter((one) => one.units > 0).reverse().slice(0, SHOWN);
  const better = moves.filter((one) => one.units < 0).slice(0, SHOWN);
  if (worse.length + better.length === 0) return <p className="text-soft">No error of this level changed.</p>;
  return (
    <div className="grid grid-cols-1 gap-4 2xl:grid-cols-2">
      <Side title="Got worse" moves={worse} bare={bare} />
      <Side title="Got better" moves={better} bare={bare} />
    </div>
  );
}

function Side({ title, moves, bare }: { title: string; moves: Move[]; bare: boolean }) {
  return (
    <div>
      <h3 className="mb-1 font-semibold">{title}</h3>
      {moves.length === 0 ? (
        <p className="text-soft">None.</p>
      ) : (
        <Table
          caption={`${title} since the cycle before`}
          rows={moves}
          keyOf={(one) => `${one.hierarchy} ${one.node}`}
          columns={[
            { name: "node", title: "Node", cell: (one) => (bare ? one.node : <NodeLink hierarchy={one.hierarchy} node={one.node} />) },
            { name: "before", title: "WAPE before", numeric: true, cell: (one) => share(one.before) },
            { name: "after", title: "WAPE now", numeric: true, cell: (one) => share(one.after) },
            { name: "points", title: "Change", numeric: true, cell: (one) => <Sign bad={one.units > 0}>{signedShare(one.after - one.before)}</Sign> },
            { name: "units", title: "Error (units)", numeric: true, cell: (one) => change(one.units) },
          ]}
        />
      )}
    </div>
  );
}

/** Better or worse: the arrow says the same as the colour. */
export function Sign({ bad, children }: { bad: boolean; children: React.ReactNode }) {
  return (
    <span className={bad ? "text-bad" : "text-good"}>
      {bad ? "▲ " : "▼ "}
      {children}
    </span>
  );
}
