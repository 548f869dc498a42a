import { useEffect, useRef } from "react";
import { Button } from "../parts/Notice";
import { SHORTCUTS } from "./shortcuts";

/** The list of shortcuts, in a dialog. */
export function ShortcutList({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      onClose={close}
      aria-labelledby="shortcuts"
      className="m-auto w-96 max-w-full rounded-lg border border-line bg-surface p-5 text-ink backdrop:bg-black/40"
    >
      <h2 id="shortcuts" className="mb-3 text-lg font-semibold">
        Keyboard shortcuts
      </h2>
      <dl className="mb-4 grid grid-cols-[6rem_1fr] gap-y-1.5">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border border-line bg-page px-1.5 py-0.5 text-sm">{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <Button onClick={() => dialog.current?.close()}>Close</Button>
    </dialog>
  );
}
