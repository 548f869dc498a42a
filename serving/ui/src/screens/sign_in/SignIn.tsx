import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { answer, api } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { Button, Failure } from "../../parts/Notice";
import { session } from "../../session/session";

interface Given {
  user: string;
  password: string;
  new_password?: string;
}

async function signIn({ user, password, new_password }: Given): Promise<void> {
  const asked = new_password
    ? api.POST("/v1/session/password", { body: { user, password, new_password } })
    : api.POST("/v1/session", { body: { user, password } });
  session.begin((await answer(asked)).access_token);
}

/** Asks for user and password, and for another password where the given one is good for nothing else. */
export function SignIn() {
  const [change, setChange] = useState(false);
  const attempt = useMutation({
    mutationFn: signIn,
    onError: (error) => {
      if (error instanceof ProblemError && error.kind === "password-change-required") setChange(true);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const text = (name: string) => String(given.get(name) ?? "");
    attempt.mutate({ user: text("user"), password: text("password"), new_password: change ? text("new") : undefined });
  };
  const asksForAnother = attempt.error instanceof ProblemError && attempt.error.kind === "password-change-required";
  return (
    <main className="mx-auto max-w-sm px-4 pt-[12vh]">
      <h1 className="mb-1 text-2xl font-semibold">Demand Planner</h1>
      <p className="mb-5 text-soft">{change ? "Choose a password of your own." : "Sign in to see and set numbers."}</p>
      <form onSubmit={submit} className="space-y-4 rounded-lg border border-line bg-surface p-5">
        <Field name="user" label="User" complete="username" focused />
        <Field name="password" label={change ? "One-time password" : "Password"} type="password" complete="current-password" />
        {change && (
          <Field name="new" label="New password, 12 to 256 characters" type="password" complete="new-password" least={12} />
        )}
        {attempt.error && !asksForAnother && <Failure error={attempt.error} />}
        <Button main type="submit" disabled={attempt.isPending} className="w-full">
          {attempt.isPending ? "One moment…" : change ? "Choose password and sign in" : "Sign in"}
        </Button>
      </form>
      {!change && (
        <Button className="mt-3 border-0 bg-transparent px-0 underline" onClick={() => setChange(true)}>
          Choose another password
        </Button>
      )}
    </main>
  );
}

function Field({
  name,
  label,
  type = "text",
  complete,
  least,
  focused = false,
}: {
  name: string;
  label: string;
  type?: string;
  complete: string;
  least?: number;
  focused?: boolean;
}) {
  return (
    <label className="block">
      <span className="mb-1 block font-medium">{label}</span>
      <input
        name={name}
        type={type}
        autoComplete={complete}
        minLength={least}
        required
        autoFocus={focused}
        className="w-full rounded-md border border-line bg-page px-3 py-2"
      />
    </label>
  );
}
