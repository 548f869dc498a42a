import { useMutation } from "@tanstack/react-query";
import { ProblemError, problemOf } from "../../api/problem";
import { Button, Failure } from "../../parts/Notice";
import { session } from "../../session/session";

/** Downloads the forecasts of everything that the filters leave; a link could not show who asks. */
async function download(address: string, name: string): Promise<void> {
  const token = session.token();
  const headers: HeadersInit = token === null ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(address, { headers });
  if (!response.ok) throw new ProblemError(problemOf(response.status, await response.json().catch(() => null)));
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function Export({ method, where, cycle }: { method?: string; where: string[]; cycle?: string }) {
  const get = useMutation({
    mutationFn: (format: string) => {
      const asked = new URLSearchParams([...where.map((one) => ["attribute", one]), ["format", format]]);
      if (method) asked.set("method", method);
      return download(`/v1/forecast/catalogue?${asked}`, `forecasts-${cycle ?? "current"}.${format}`);
    },
  });
  return (
    <span className="flex flex-wrap items-center gap-2">
      {["csv", "parquet"].map((format) => (
        <Button key={format} disabled={get.isPending} onClick={() => get.mutate(format)} title="Forecasts of what the filters leave; words of the search do not count">
          Export {format.toUpperCase()}
        </Button>
      ))}
      {get.error && <Failure error={get.error} />}
    </span>
  );
}
