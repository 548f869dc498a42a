/** A word of the address, or nothing. Numbers come as such, because the router reads them. */
export function word(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
