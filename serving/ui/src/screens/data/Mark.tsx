/** A state by mark, word and colour; the words are all of it, the others only help the eye. */
export function Mark({ of, name }: { of: Readonly<Record<string, { mark: string; words: string; tone: string }>>; name: string }) {
  const { mark, words, tone } = of[name] ?? { mark: "", words: name, tone: "" };
  return (
    <span className={`font-medium whitespace-nowrap ${tone}`}>
      <span aria-hidden="true">{mark} </span>
      {words}
    </span>
  );
}
