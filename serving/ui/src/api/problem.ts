import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** What the API refused or could not do, in its own words. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  get status(): number {
    return this.problem.status;
  }

  /** The last part of the problem's type, such as `not-made`. */
  get kind(): string {
    return this.problem.type.split(":").at(-1) ?? "";
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ProblemError && error.status === status;
}

/** A problem out of whatever came back where none was expected: a proxy's page, say. */
export function problemOf(status: number, body: unknown): Problem {
  if (typeof body === "object" && body !== null && "detail" in body && "type" in body) return body as Problem;
  const detail = `expected problem details, got an answer with status ${status}; the API's log says more`;
  return { type: "about:blank", title: "Unexpected answer", status, detail, instance: "" };
}
