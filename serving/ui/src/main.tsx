import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ProblemError } from "./api/problem";
import { applyTheme } from "./layout/theme";
import { makeRouter } from "./router";
import "./styles.css";

applyTheme();
const queries = new QueryClient({
  defaultOptions: {
    // The API answers "not modified" for free, so what is shown is asked for again soon.
    queries: { staleTime: 30_000, retry: (failures, error) => !(error instanceof ProblemError) && failures < 2 },
  },
});
const router = makeRouter(queries);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
