/** The sign of a lock. It always stands beside words that say the same. */
export function Lock() {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="mr-1 inline-block h-[1em] w-[1em] align-[-0.1em]" fill="none" stroke="currentColor" strokeWidth="1.6">
      <rect x="2.8" y="7" width="10.4" height="7.5" rx="1.2" fill="currentColor" />
      <path d="M5 7V4.8a3 3 0 0 1 6 0V7" />
    </svg>
  );
}

/** What kind of number a planner set: one that is locked, or one for this cycle alone. */
export function Kind({ lock }: { lock: boolean }) {
  if (!lock) return <>✎ this cycle</>;
  return (
    <>
      <Lock />
      lock
    </>
  );
}
