/** How a link to a part of a screen looks and when it is the chosen one: where the address says just what the link says. */
export const TAB = {
  activeOptions: { explicitUndefined: true },
  className:
    "rounded-full border border-line bg-surface px-3 py-1 hover:border-soft aria-[current=page]:border-accent aria-[current=page]:font-semibold aria-[current=page]:text-accent",
} as const;
