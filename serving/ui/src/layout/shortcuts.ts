import { useEffect } from "react";

interface Shortcut {
  keys: string;
  does: string;
}

/** Every shortcut there is, as `?` lists them. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "?", does: "Show this list" },
  { keys: "/", does: "Search for an item" },
  { keys: "g w", does: "Go to the worklist" },
  { keys: "g e", does: "Go to the explorer" },
  { keys: "g h", does: "Go to the hierarchy" },
  { keys: "g a", does: "Go to accuracy" },
  { keys: "g s", does: "Go to scenarios" },
  { keys: "g p", does: "Go to approvals" },
  { keys: "g o", does: "Go to operations" },
  { keys: "g d", does: "Go to data" },
  { keys: "j", does: "Next row of a list" },
  { keys: "k", does: "Previous row of a list" },
  { keys: "Enter", does: "Open the row" },
  { keys: "a", does: "Accept the chosen row of the worklist" },
  { keys: "s", does: "Snooze the chosen row of the worklist" },
  { keys: "t", does: "Assign the chosen row of the worklist" },
  { keys: "u", does: "Up one level of the hierarchy" },
  { keys: "e", does: "Change numbers of the item" },
  { keys: "drag", does: "Over the forecast in the chart: choose buckets to change" },
  { keys: "Shift drag", does: "Look closer at the chart" },
  { keys: "Escape", does: "Close what is open" },
];
const WAIT = 1000;

/** Turns single keys into shortcuts: `g` and then `w` within a second is `g w`. */
export function reader(now: () => number = Date.now) {
  let before = "";
  let at = 0;
  return (key: string): string => {
    const found = before === "g" && now() - at < WAIT ? `g ${key}` : key;
    before = found === key ? key : "";
    at = now();
    return found;
  };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

const PRESSED = "a, button, summary, dialog, [role=button], [role=link], [role=dialog]";

/** Whether a key is the way to press what has the keyboard, which is then what it does. */
function isPressing({ key, target }: KeyboardEvent): boolean {
  if (key !== "Enter" && key !== " ") return false;
  return document.querySelector("dialog[open]") !== null || (target instanceof Element && target.closest(PRESSED) !== null);
}

/** Calls what belongs to a shortcut, unless somebody is typing. An action that had nothing to do returns false. */
export function useShortcuts(actions: Readonly<Record<string, () => unknown>>): void {
  useEffect(() => {
    const read = reader();
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isPressing(event)) return;
      const action = actions[read(event.key)];
      if (action && action() !== false) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [actions]);
}
