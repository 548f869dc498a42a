import { useEffect, useState } from "react";

const LONG = 3 * 60;

/** Says that a scenario waits for the graph, for how long this page has seen it wait, and what to look at if nothing comes. */
export function Waits({ name, since }: { name: string; since: string }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const begun = Date.now();
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - begun) / 1000)), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="rounded-md border border-line p-3">
      <p role="status" className="font-medium">
        … Asked for on {since}, and not computed yet.
      </p>
      <progress aria-label={`Waiting for ${name}`} className="my-2 block h-2 w-full max-w-md" />
      <p className="text-soft">
        This page does not compute it: a running graph does (<code>make up</code>, or the Dagster daemon with its sensor requests_sensor). It takes
        requests up within a minute and then needs seconds to minutes. The page looks every few seconds and shows the result by itself; you can leave
        it.
      </p>
      {seconds >= LONG && (
        <p className="mt-2 border-l-4 border-warn pl-3">
          Nothing came for {Math.floor(seconds / 60)} minutes. Ask whoever operates the platform whether the daemon runs and what Dagster says of the run; on
          its machine <code>dp scenario run {name}</code> computes it at once.
        </p>
      )}
    </div>
  );
}
