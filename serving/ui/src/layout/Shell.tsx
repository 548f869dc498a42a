import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import type { Schemas } from "../api/client";
import { Button } from "../parts/Notice";
import { session } from "../session/session";
import { ShortcutList } from "./ShortcutList";
import { useShortcuts } from "./shortcuts";
import { useTheme, type Choice } from "./theme";
import { Waiting } from "./Waiting";

const SCREENS = [
  { to: "/", title: "Worklist" },
  { to: "/explorer", title: "Explorer" },
  { to: "/hierarchy", title: "Hierarchy" },
  { to: "/accuracy", title: "Accuracy" },
  { to: "/scenarios", title: "Scenarios" },
  { to: "/approvals", title: "Approvals" },
  { to: "/data", title: "Data" },
  { to: "/operations", title: "Operations" },
] as const;

/** What surrounds every screen: navigation, search, theme, who is signed in. */
export function Shell({ asking }: { asking: Schemas["Asking"] }) {
  const [listed, setListed] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const go = useNavigate();
  const actions = useMemo(
    () => ({
      "?": () => setListed(true),
      "/": () => search.current?.focus(),
      "g w": () => void go({ to: "/" }),
      "g e": () => void go({ to: "/explorer" }),
      "g h": () => void go({ to: "/hierarchy" }),
      "g a": () => void go({ to: "/accuracy" }),
      "g s": () => void go({ to: "/scenarios" }),
      "g p": () => void go({ to: "/approvals" }),
      "g d": () => void go({ to: "/data" }),
      "g o": () => void go({ to: "/operations" }),
    }),
    [go],
  );
  useShortcuts(actions);
  return (
    <div className="min-h-screen">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:bg-surface focus:p-2">
        Skip to the content
      </a>
      <header className="sticky top-0 z-20 border-b border-line bg-surface">
        <div className="flex flex-wrap items-center gap-x-5 gap-y-2 px-4 pt-2 pb-1">
          <span className="font-semibold">Demand Planner</span>
          <SearchBox input={search} />
          <div className="ml-auto flex flex-wrap items-center gap-3">
            <Button onClick={() => setListed(true)} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
              ?
            </Button>
            <ThemeSwitch />
            <Who asking={asking} />
          </div>
        </div>
        <nav aria-label="Screens" className="flex gap-1 overflow-x-auto px-2">
          {SCREENS.map(({ to, title }) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === "/", includeSearch: false }}
              className="border-b-2 border-transparent px-2.5 py-1.5 font-medium whitespace-nowrap text-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-accent"
            >
              {title}
              {to === "/approvals" && <Waiting />}
            </Link>
          ))}
        </nav>
      </header>
      <Offline />
      <main id="main" tabIndex={-1} className="mx-auto max-w-[1500px] p-4 outline-none">
        <Outlet />
      </main>
      {listed && <ShortcutList close={() => setListed(false)} />}
    </div>
  );
}

function SearchBox({ input }: { input: React.RefObject<HTMLInputElement | null> }) {
  const go = useNavigate();
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget).get("q") ?? "").trim();
    void go({ to: "/explorer", search: words ? { q: words } : {} });
  };
  return (
    <form role="search" onSubmit={find}>
      <input
        ref={input}
        name="q"
        type="search"
        aria-label="Search items"
        placeholder="Search items ( / )"
        autoComplete="off"
        className="w-44 rounded-md border border-line bg-page px-3 py-1.5 placeholder:text-soft sm:w-72"
      />
    </form>
  );
}

function ThemeSwitch() {
  const { choice, choose } = useTheme();
  return (
    <select
      aria-label="Theme"
      value={choice}
      onChange={(event) => choose(event.target.value as Choice)}
      className="rounded-md border border-line bg-surface px-2 py-1.5"
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}

function Who({ asking }: { asking: Schemas["Asking"] }) {
  if (!asking.signed_in) return <span className="text-soft">Read only, open on this machine</span>;
  const reads = !asking.permissions.some((one) => one !== "read");
  return (
    <>
      <span className="text-soft" title={asking.nodes ? `kept to ${asking.nodes.join(", ")}` : "all nodes"}>
        {asking.name}
        {reads && " (read only)"}
      </span>
      <Button onClick={() => session.end()}>Sign out</Button>
    </>
  );
}

/** Says so while the device is offline: what is shown may be old by then. */
function Offline() {
  const [offline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  if (!offline) return null;
  return (
    <p role="status" className="border-b border-line bg-surface px-4 py-2 font-medium text-warn">
      This device is offline. What you see may be old; nothing can be saved until it is back.
    </p>
  );
}
