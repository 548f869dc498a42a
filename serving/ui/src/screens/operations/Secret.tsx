import { useEffect, useRef, useState } from "react";
import { Button, Notice } from "../../parts/Notice";

/** A password or key that is told once; it lives in this view alone, and in nothing that is kept. */
export function Secret({ title, text, children }: { title: string; text: string; children: string }) {
  const [copied, setCopied] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  // The form that asked for it is gone; whoever used it reads on here.
  useEffect(() => place.current?.focus(), [text]);
  return (
    <div ref={place} tabIndex={-1} className="scroll-mt-36 outline-none">
      <Notice title={title}>
        <p className="my-2">
          <code className="rounded bg-page px-2 py-1 text-ink break-all select-all">{text}</code>{" "}
          {/* Browsers give it to pages over TLS alone; a click on the text marks it everywhere. */}
          {"clipboard" in navigator && (
            <Button onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>{copied ? "✓ Copied" : "Copy"}</Button>
          )}
        </p>
        <p>{children}</p>
      </Notice>
    </div>
  );
}

/** What stands where a request that came again had its secret. */
export function TwiceAsked({ what }: { what: string }) {
  return <Notice title={`The ${what} was told before`}>The answer was lost on its way, and nobody keeps it: make another.</Notice>;
}
