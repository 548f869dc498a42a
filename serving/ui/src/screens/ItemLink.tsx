import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { namesOf, skuOf } from "./links";
import { currentCycle } from "./questions";

const LOOK = "font-medium text-accent underline-offset-2 hover:underline";

/** A link to the page of a series or a node; a bare one does not name the level. */
export function ItemLink({ hierarchy, level, node, bare = false }: { hierarchy: string; level: string; node: string; bare?: boolean }) {
  const cycle = useQuery(currentCycle).data;
  if (level !== "series") return <NodeLink hierarchy={hierarchy} node={node} note={bare ? undefined : level} />;
  if (!cycle) return <span>{node}</span>;
  const search = cycle.key.length > 1 ? { series: node } : {};
  return (
    <Link to="/skus/$sku" params={{ sku: skuOf(node, cycle.key) }} search={search} className={LOOK} preload="intent">
      {node}
    </Link>
  );
}

/** A link to the page of a file's version. */
export function FileLink({ version, children }: { version: string; children: string }) {
  return (
    <Link to="/data/files/$version" params={{ version }} className={LOOK} preload="intent">
      {children}
    </Link>
  );
}

export function NodeLink({ hierarchy, node, note }: { hierarchy: string; node: string; note?: string }) {
  return (
    <Link to="/nodes/$hierarchy/$node" params={{ hierarchy, node }} className={LOOK} preload="intent">
      {namesOf(node).join(" › ")}
      {note && <span className="font-normal text-soft"> ({note})</span>}
    </Link>
  );
}
