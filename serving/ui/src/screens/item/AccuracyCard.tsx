import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { count, share, signedShare } from "../../format/numbers";
import { day } from "../../format/dates";
import { Asked } from "../../parts/Asked";
import { Card } from "../../parts/Card";
import { Notice } from "../../parts/Notice";
import { Table } from "../../parts/Table";
import { namesOf } from "../links";
import { scoresOf } from "../questions";

type Score = Schemas["Score"];

/** How good the forecasts of a node were, lead by lead. Series have no scores of their own: theirs are those above. */
export function AccuracyCard({ hierarchy, level, node, instead }: { hierarchy?: string; level: string; node: string; instead?: boolean }) {
  const found = useQuery(scoresOf(hierarchy, level, node));
  return (
    <Card
      title="Accuracy by lead"
      aside={found.data && <span className="text-sm text-soft">cycle of {day(found.data.cycle)}</span>}
    >
      {instead && <p className="mb-2 text-soft">Of {namesOf(node).join(" › ")}, because single series are not scored.</p>}
      <Asked of={found}>
        {(data) =>
          data.scores.length === 0 ? (
            <Notice title="Not scored">No cycle of this node is over yet, or it is scored on a level that you do not see.</Notice>
          ) : (
            <Scores scores={data.scores} />
          )
        }
      </Asked>
    </Card>
  );
}

function Scores({ scores }: { scores: Score[] }) {
  const metric = (name: string, as: (value: number | null | undefined) => string) => (score: Score) => as(score.metrics[name]);
  return (
    <Table
      caption="Accuracy by lead"
      rows={scores}
      keyOf={(score) => score.lead}
      columns={[
        { name: "lead", title: "Lead", cell: (score) => (score.lead === 0 ? "all" : count(score.lead)) },
        { name: "wape", title: "WAPE", numeric: true, cell: metric("wape", share) },
        { name: "naive", title: "Naive WAPE", numeric: true, cell: metric("naive_wape", share) },
        { name: "bias", title: "Bias", numeric: true, cell: metric("bias", signedShare) },
        { name: "inside", title: "Inside 80 %", numeric: true, cell: metric("coverage_80", share) },
        { name: "n", title: "Buckets", numeric: true, cell: (score) => count(score.observations) },
      ]}
    />
  );
}
