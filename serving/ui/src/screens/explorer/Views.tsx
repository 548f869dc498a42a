import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { Button } from "../../parts/Notice";
import { useKept } from "../../session/kept";
import { same, type ExplorerSearch } from "./search";
import { renamed, viewsIn, withView, without, type View } from "./views";

const EMPTY: { views: unknown } = { views: [] };

/** Addresses of the explorer under names of one's own. A view is a link: what it shows stands in the address. */
export function Views({ search }: { search: ExplorerSearch }) {
  const { kept, keep } = useKept("views", EMPTY, "browser");
  const [naming, setNaming] = useState<"new" | "other" | null>(null);
  const go = useNavigate();
  const views = viewsIn(kept.views);
  const here = views.find((view) => same(view.search, search));
  const put = (next: View[]) => keep({ views: next });
  const named = (name: string) => {
    put(naming === "other" && here ? renamed(views, here.name, name) : withView(views, { name, search }));
    setNaming(null);
  };
  return (
    <section aria-label="Views" className="mb-3 flex flex-wrap items-center gap-2">
      {views.length > 0 && <span className="text-sm text-soft">Views</span>}
      {views.map((view) => (
        <Link
          key={view.name}
          to="/explorer"
          search={view.search}
          aria-current={view === here ? "true" : undefined}
          className="rounded-full border border-line bg-surface px-3 py-1 hover:border-soft aria-[current=true]:border-accent aria-[current=true]:font-semibold aria-[current=true]:text-accent"
        >
          {view === here && <span aria-hidden="true">✓ </span>}
          {view.name}
        </Link>
      ))}
      {naming ? (
        <Naming key={naming} name={naming === "other" ? (here?.name ?? "") : ""} known={views.map((view) => view.name)} done={named} close={() => setNaming(null)} />
      ) : here ? (
        <>
          <Button onClick={() => setNaming("other")}>Rename…</Button>
          <Button onClick={() => put(without(views, here.name))}>Delete view</Button>
        </>
      ) : (
        <Button onClick={() => setNaming("new")} title="Keeps search, filters, columns and order under a name in this browser">
          Save this view…
        </Button>
      )}
      {here && <Button onClick={() => void go({ to: "/explorer", search: {} })}>Show everything</Button>}
    </section>
  );
}

function Naming({ name, known, done, close }: { name: string; known: string[]; done: (name: string) => void; close: () => void }) {
  const [typed, setTyped] = useState(name);
  const wanted = typed.trim();
  const replaces = wanted !== name && known.includes(wanted);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted) done(wanted);
  };
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && close()} className="flex flex-wrap items-center gap-2">
      <input
        aria-label="Name of the view"
        value={typed}
        autoFocus
        maxLength={60}
        onChange={(event) => setTyped(event.target.value)}
        className="w-48 rounded-md border border-line bg-surface px-3 py-1.5"
      />
      <Button type="submit" main disabled={!wanted}>
        {replaces ? "Replace" : "Save"}
      </Button>
      <Button onClick={close}>Cancel</Button>
      {replaces && <span role="status" className="text-soft">A view of that name is there.</span>}
    </form>
  );
}
