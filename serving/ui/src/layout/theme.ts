import { useSyncExternalStore } from "react";

export type Choice = "system" | "light" | "dark";
const KEY = "demand-planner.theme";
const CHOICES: readonly Choice[] = ["system", "light", "dark"];
const system = globalThis.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Choice {
  const kept = localStorage.getItem(KEY);
  return CHOICES.find((one) => one === kept) ?? "system";
}

function shown(): "light" | "dark" {
  const choice = chosen();
  return choice === "system" ? (system.matches ? "dark" : "light") : choice;
}

/** Puts the theme on the page; called before anything is drawn, and whenever it changes. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = shown();
  for (const listener of listeners) listener();
}

system.addEventListener("change", applyTheme);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme() {
  const choice = useSyncExternalStore(subscribe, chosen);
  const theme = useSyncExternalStore(subscribe, shown);
  return {
    choice,
    theme,
    choose(next: Choice) {
      localStorage.setItem(KEY, next);
      applyTheme();
    },
  };
}
