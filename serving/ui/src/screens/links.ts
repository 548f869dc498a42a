/** Where a series or a node is looked at. */

/** The SKU of a series: its id is the key columns joined by `|`. */
export function skuOf(series: string, key: readonly string[]): string {
  if (key.length < 2) return series;
  return series.split("|")[key.indexOf("sku")] ?? series;
}

/** The names on a path, from the top down. A `/` or `\` inside a name stands behind a `\`. */
export function namesOf(path: string): string[] {
  const names: string[] = [];
  let name = "";
  for (let at = 0; at < path.length; at += 1) {
    if (path[at] === "\\" && at + 1 < path.length) name += path[(at += 1)];
    else if (path[at] === "/") {
      names.push(name);
      name = "";
    } else name += path[at];
  }
  return [...names, name];
}

export function pathOf(names: readonly string[]): string {
  return names.map((name) => name.replace(/[\\/]/g, (mark) => `\\${mark}`)).join("/");
}

/** Paths of everything above a node, the top first; the node itself is the last. */
export function trail(path: string): string[] {
  if (path === "total") return ["total"];
  const names = namesOf(path);
  return ["total", ...names.map((_, depth) => pathOf(names.slice(0, depth + 1)))];
}
