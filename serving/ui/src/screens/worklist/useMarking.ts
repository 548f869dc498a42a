import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { atOnce } from "../../api/sending";
import { doneOf, nameOf, saidOf, wishOf, type Item, type Says } from "./marks";

interface Wish {
  item: Item;
  says: Says;
  replaces: number | null;
}

/** What was done last, in words, and the mark that undoes it. */
export interface Done {
  words: string;
  undo: Wish | null;
}

/** Marks items of a cycle's worklist, one at a time, and undoes the last mark. */
export function useMarking(cycle: string | undefined) {
  const queries = useQueryClient();
  const [done, setDone] = useState<Done | null>(null);
  const { mutate, isPending, error } = useMutation({
    ...atOnce,
    mutationFn: async ({ item, says, replaces }: Wish) => {
      const { marks } = await answer(api.PUT("/v1/worklist/marks", { body: { cycle: cycle ?? null, marks: [wishOf(item, says, replaces)] } }));
      return marks[0];
    },
    // Also after a refusal: somebody else may have marked it meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: ["worklist"] }),
  });
  const mark = useCallback(
    (item: Item, says: Says) => {
      if (isPending) return;
      setDone(null);
      const onSuccess = (made?: Schemas["Mark"]) =>
        setDone({ words: doneOf(item, says), undo: { item, says: saidOf(item.mark), replaces: made?.number ?? null } });
      mutate({ item, says, replaces: item.mark?.number ?? null }, { onSuccess });
    },
    [mutate, isPending],
  );
  const undo = () => {
    const wish = done?.undo;
    if (wish && !isPending) mutate(wish, { onSuccess: () => setDone({ words: `Undone: ${nameOf(wish.item)}.`, undo: null }) });
  };
  return { done, error, isPending, mark, undo };
}

export type Marking = ReturnType<typeof useMarking>;
