/** The token of whoever signed in. It lives as long as the tab, and no longer. */
const KEY = "demand-planner.token";
const listeners = new Set<() => void>();

function changed(): void {
  for (const listener of listeners) listener();
}

export const session = {
  token: (): string | null => sessionStorage.getItem(KEY),
  begin(token: string): void {
    sessionStorage.setItem(KEY, token);
    changed();
  },
  end(): void {
    sessionStorage.removeItem(KEY);
    changed();
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
