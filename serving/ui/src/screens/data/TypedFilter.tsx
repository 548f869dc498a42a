import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

const WAIT = 250;

/** A filter that is typed; it stands in the address a moment after the last letter. */
export function TypedFilter({ name, value = "", title }: { name: "uri" | "series" | "sku"; value?: string; title: string }) {
  const go = useNavigate({ from: "/data" });
  const [words, setWords] = useState(value);
  useEffect(() => setWords(value), [value]);
  useEffect(() => {
    if (words === value) return;
    const put = () => void go({ search: (now) => ({ ...now, [name]: words || undefined, cursor: undefined }), replace: true });
    const later = setTimeout(put, WAIT);
    return () => clearTimeout(later);
  }, [words, value, name, go]);
  return (
    <input
      type="search"
      aria-label={title}
      placeholder={title}
      autoComplete="off"
      value={words}
      onChange={(event) => setWords(event.target.value)}
      className="w-44 rounded-md border border-line bg-page px-3 py-1.5 placeholder:text-soft"
    />
  );
}
