import createClient, { type Middleware } from "openapi-fetch";
import { session } from "../session/session";
import { ProblemError, problemOf } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

function headerOf(token: string | null): string | null {
  return token === null ? null : `Bearer ${token}`;
}

const shown: Middleware = {
  onRequest({ request }) {
    const header = headerOf(session.token());
    if (header !== null) request.headers.set("Authorization", header);
    return request;
  },
  onResponse({ response, request }) {
    const sent = request.headers.get("Authorization");
    // An answer that comes late may refuse the token of whoever was signed in before.
    if (response.status === 401 && sent !== null && sent === headerOf(session.token())) session.end();
  },
};

// The address is looked up at each call, so that a test may put another one in its place.
export const api = createClient<paths>({ baseUrl: "", fetch: (request) => globalThis.fetch(request) });
api.use(shown);

interface Came<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws ProblemError where it is a problem. */
export async function answer<Data>(asked: Promise<Came<Data>>): Promise<Data> {
  const { data, error, response } = await asked;
  if (data === undefined) throw new ProblemError(problemOf(response.status, error));
  return data;
}

/** The data of an answer, and the ETag that says in which state it was seen. */
export async function tagged<Data>(asked: Promise<Came<Data>>): Promise<{ data: Data; tag: string }> {
  const came = await asked;
  return { data: await answer(Promise.resolve(came)), tag: came.response.headers.get("etag") ?? "" };
}
