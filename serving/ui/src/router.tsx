import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, type ErrorComponentProps } from "@tanstack/react-router";
import { hasStatus } from "./api/problem";
import { Shell } from "./layout/Shell";
import { Failure, Notice, Skeleton } from "./parts/Notice";
import { word } from "./screens/address";
import { dataSearch } from "./screens/data/search";
import { explorerSearch } from "./screens/explorer/search";
import { forecastOfNode, forecastOfSku, historyOfNode, historyOfSku } from "./screens/questions";
import { SignIn } from "./screens/sign_in/SignIn";
import { worklistSearch } from "./screens/worklist/search";
import { WorklistScreen } from "./screens/worklist/WorklistScreen";
import { useAsking } from "./session/useAsking";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Door, notFoundComponent: NotFound });

/** The workbench for whoever may read it; the sign-in for everybody else, at the same address. */
function Door() {
  const asking = useAsking();
  if (asking.data) return <Shell asking={asking.data} />;
  if (hasStatus(asking.error, 401)) return <SignIn />;
  return (
    <main className="mx-auto max-w-xl p-6">
      <h1 className="mb-4 text-2xl font-semibold">Demand Planner</h1>
      {asking.error ? <Failure error={asking.error} retry={() => void asking.refetch()} /> : <Skeleton />}
    </main>
  );
}

function NotFound() {
  return <Notice title="There is no such page">The address may be mistyped; the screens stand above.</Notice>;
}

function Broken({ error, reset }: ErrorComponentProps) {
  return <Failure error={error} retry={reset} />;
}

const worklist = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: WorklistScreen,
  validateSearch: worklistSearch,
});

const sku = createRoute({
  getParentRoute: () => root,
  path: "/skus/$sku",
  component: lazyRouteComponent(() => import("./screens/item/SkuScreen"), "SkuScreen"),
  validateSearch: (search: Record<string, unknown>): { series?: string; trace?: string; rows?: string } => ({
    series: word(search.series),
    trace: word(search.trace),
    rows: word(search.rows),
  }),
  loader: ({ context: { queries }, params }) => {
    void queries.prefetchQuery(forecastOfSku(params.sku));
    void queries.prefetchQuery(historyOfSku(params.sku));
  },
});

const node = createRoute({
  getParentRoute: () => root,
  path: "/nodes/$hierarchy/$node",
  component: lazyRouteComponent(() => import("./screens/item/NodeScreen"), "NodeScreen"),
  loader: ({ context: { queries }, params }) => {
    void queries.prefetchQuery(forecastOfNode(params.hierarchy, params.node));
    void queries.prefetchQuery(historyOfNode(params.hierarchy, params.node));
  },
});

const explorer = createRoute({
  getParentRoute: () => root,
  path: "/explorer",
  component: lazyRouteComponent(() => import("./screens/explorer/ExplorerScreen"), "ExplorerScreen"),
  validateSearch: explorerSearch,
});

const accuracy = createRoute({
  getParentRoute: () => root,
  path: "/accuracy",
  component: lazyRouteComponent(() => import("./screens/accuracy/AccuracyScreen"), "AccuracyScreen"),
  validateSearch: (search: Record<string, unknown>): { cycle?: string; level?: string; lead?: number; by?: string } => ({
    cycle: word(search.cycle),
    level: word(search.level),
    lead: typeof search.lead === "number" ? search.lead : undefined,
    by: word(search.by),
  }),
});

const approvals = createRoute({
  getParentRoute: () => root,
  path: "/approvals",
  component: lazyRouteComponent(() => import("./screens/approvals/ApprovalsScreen"), "ApprovalsScreen"),
  validateSearch: (search: Record<string, unknown>): { show?: "mine" | "decided"; proposal?: number; cursor?: string } => ({
    show: search.show === "mine" || search.show === "decided" ? search.show : undefined,
    proposal: typeof search.proposal === "number" ? search.proposal : undefined,
    cursor: word(search.cursor),
  }),
});

const data = createRoute({
  getParentRoute: () => root,
  path: "/data",
  component: lazyRouteComponent(() => import("./screens/data/DataScreen"), "DataScreen"),
  validateSearch: dataSearch,
});

const file = createRoute({
  getParentRoute: () => root,
  path: "/data/files/$version",
  component: lazyRouteComponent(() => import("./screens/data/FileScreen"), "FileScreen"),
  validateSearch: (search: Record<string, unknown>): { rule?: string; rejected?: number } => ({
    rule: word(search.rule),
    rejected: typeof search.rejected === "number" ? search.rejected : undefined,
  }),
});

const scenarios = createRoute({
  getParentRoute: () => root,
  path: "/scenarios",
  component: lazyRouteComponent(() => import("./screens/scenarios/ScenariosScreen"), "ScenariosScreen"),
  validateSearch: (
    search: Record<string, unknown>,
  ): { scenario?: string; form?: "new" | "edit"; with?: string[]; hierarchy?: string; level?: string; node?: string; only?: "differing" } => ({
    scenario: word(search.scenario),
    form: search.form === "new" || search.form === "edit" ? search.form : undefined,
    with: Array.isArray(search.with) ? search.with.map(String) : undefined,
    hierarchy: word(search.hierarchy),
    level: word(search.level),
    node: word(search.node),
    only: search.only === "differing" ? search.only : undefined,
  }),
});

const operations = createRoute({
  getParentRoute: () => root,
  path: "/operations",
  component: lazyRouteComponent(() => import("./screens/operations/OperationsScreen"), "OperationsScreen"),
  validateSearch: (search: Record<string, unknown>): OperationsSearch => ({
    part: word(search.part),
    cycle: word(search.cycle),
    of: word(search.of),
    every: search.every === true ? true : undefined,
    account: word(search.account),
    user: word(search.user),
    action: word(search.action),
    subject: word(search.subject),
    text: word(search.text),
    first: word(search.first),
    last: word(search.last),
    cursor: word(search.cursor),
  }),
});

/** Part of the screen; a cycle and the class its methods are shown for; all of a list; a user; a search of the ledger. */
interface OperationsSearch {
  part?: string;
  cycle?: string;
  of?: string;
  every?: boolean;
  account?: string;
  user?: string;
  action?: string;
  subject?: string;
  text?: string;
  first?: string;
  last?: string;
  cursor?: string;
}

const hierarchy = createRoute({
  getParentRoute: () => root,
  path: "/hierarchy",
  component: lazyRouteComponent(() => import("./screens/hierarchy/HierarchyScreen"), "HierarchyScreen"),
  validateSearch: (search: Record<string, unknown>): { hierarchy?: string; node?: string; level?: string; by?: string; edit?: true } => ({
    hierarchy: word(search.hierarchy),
    node: word(search.node),
    level: word(search.level),
    by: word(search.by),
    edit: search.edit === true ? true : undefined,
  }),
});

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([worklist, explorer, hierarchy, accuracy, scenarios, approvals, data, file, operations, sku, node]),
    context: { queries },
    defaultErrorComponent: Broken,
    defaultPendingComponent: Skeleton,
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
