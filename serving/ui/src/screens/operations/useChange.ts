import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { atOnce, freshKey } from "../../api/sending";

/** A change that is sent with a key of its own: tried again after a failure it is the same request, and is not done twice. */
export function useChange<Asked, Told>(send: (asked: Asked, key: string) => Promise<Told>, done?: (told: Told) => void) {
  const queries = useQueryClient();
  const last = useRef({ said: "", key: "" });
  return useMutation({
    ...atOnce,
    mutationFn: (asked: Asked) => {
      const said = JSON.stringify(asked ?? null);
      if (last.current.said !== said) last.current = { said, key: freshKey() };
      return send(asked, last.current.key);
    },
    onSuccess: async (told) => {
      last.current = { said: "", key: "" };
      done?.(told);
      await queries.invalidateQueries({ queryKey: ["operations"] });
    },
  });
}
