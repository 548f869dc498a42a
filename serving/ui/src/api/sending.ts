/** How changes are sent. Belongs here: what every mutation shares. Does not belong here: what one of them asks for. */

/** A device that is offline is told so; nothing waits unseen to be saved later. */
export const atOnce = { networkMode: "always" } as const;

/** Text that no other request has. Also where the page is not served over TLS, and so has no `randomUUID`. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
