import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { answer, api } from "../../../api/client";
import { hasStatus } from "../../../api/problem";
import { atOnce, freshKey } from "../../../api/sending";
import { useAsking, useMay } from "../../../session/useAsking";
import { cellsOf } from "../../questions";
import { choosing, editsOf, leftOf, over, stretching, trying, type Cell, type Draft } from "./draft";
import { useDraft } from "./keptDrafts";

const NONE: Cell[] = [];

export type Editing = ReturnType<typeof useEditing>;

/** Whether somebody else was faster: what was looked at is no longer so. */
export function isConflict(error: unknown): boolean {
  return hasStatus(error, 412) || hasStatus(error, 428);
}

/** What a draft asks for, as text: two drafts that say the same are the same request. */
function saidBy(draft: Draft, cells: readonly Cell[], hierarchy: string, node: string): string {
  return JSON.stringify([editsOf(draft, cells, hierarchy, node), draft.tag]);
}

/** The numbers of an item, and somebody's draft of others. */
export function useEditing(hierarchy: string, node: string) {
  const asking = useAsking().data;
  const mayPlan = useMay("plan");
  const queries = useQueryClient();
  const question = cellsOf(hierarchy, node);
  const found = useQuery({ ...question, enabled: asking?.signed_in === true && hierarchy !== "" });
  const cells = found.data?.data.cells ?? NONE;
  const tag = found.data?.tag ?? "";
  const { draft: kept, keep } = useDraft(asking?.name ?? "", hierarchy, node);
  const draft = useMemo(() => over(kept, tag), [kept, tag]);
  const bodyOf = (asked: Draft) => ({ edits: editsOf(asked, cells, hierarchy, node), selection: null });
  const said = saidBy(draft, cells, hierarchy, node);

  const preview = useMutation({
    ...atOnce,
    mutationFn: async (asked: Draft) => ({
      said: saidBy(asked, cells, hierarchy, node),
      effect: await answer(api.POST("/v1/overrides/preview", { body: bodyOf(asked) })),
    }),
  });
  const save = useMutation({
    ...atOnce,
    mutationFn: async () => {
      const asked = trying(draft, said, freshKey);
      keep(() => asked);
      const header = { "If-Match": asked.tag, "Idempotency-Key": asked.tried.key };
      const done = await answer(api.POST("/v1/overrides", { params: { header }, body: bodyOf(asked) }));
      // Here and not in `onSuccess`, which is that of whatever was drawn last: this is the draft that was saved.
      keep((now) => leftOf(now, asked));
      return done;
    },
    onSuccess: () => {
      preview.reset();
      return queries.invalidateQueries({ queryKey: question.queryKey });
    },
    // Waited for: what they set stands beside what is mine.
    onError: (error) => (isConflict(error) ? queries.invalidateQueries({ queryKey: question.queryKey }) : undefined),
  });

  /** Forgets what came of saving; a save that runs is still to be told of. */
  const forget = () => {
    if (!save.isPending) save.reset();
  };

  return {
    hierarchy,
    node,
    asking,
    mayPlan,
    found,
    cells,
    tag,
    draft,
    drop() {
      keep(() => null);
      preview.reset();
      forget();
    },
    change(part: Partial<Draft>) {
      // While a save runs, what is shown is not yet what it made.
      keep((before) => ({ ...over(before, save.isPending ? "" : tag), ...part }));
    },
    choose(start: string, stretch: boolean) {
      if (mayPlan && cells.some((cell) => cell.bucket_start === start)) {
        forget();
        keep((before) => (stretch ? stretching(before, start, tag) : choosing(before, start, start, tag)));
      }
    },
    range(from: string, to: string) {
      forget();
      keep((before) => choosing(before, from, to, tag));
    },
    /** Goes on after somebody else was faster, knowing what they set. */
    settle(left: string[]) {
      const settled = { ...draft, left, tag };
      keep(() => settled);
      save.reset();
      preview.mutate(settled);
    },
    preview,
    /** What the draft as it stands would do; undefined while it was not looked at. */
    effect: preview.data?.said === said ? preview.data.effect : undefined,
    save,
  };
}
