import { describe, expect, it } from "vitest";
import { errorOf, movedOf, sizeOf, type Compared } from "./drift";

const row = (name: string, measure: string, value: number | null, verdict: Compared["verdict"] = "stable", kind: Compared["kind"] = "channels"): Compared => ({
  ...{ kind, name, measure, value, verdict, reference: null, threshold: 0.25, observations: 900, words: "" },
});

describe("how far something moved", () => {
  it("is told in words: stable, moderate from four tenths of the threshold on, large where it has drifted", () => {
    expect([0.05, 0.1, 0.24].map((value) => sizeOf(row("price", "psi", value)))).toEqual(["stable", "moderate", "moderate"]);
    expect(sizeOf(row("price", "psi", 0.3, "drift"))).toBe("large");
    expect(sizeOf(row("price", "psi", null, "unjudged"))).toBe("too few to judge");
  });
  it("of a share is measured from the share at training on", () => {
    expect(sizeOf({ ...row("brand", "unknown", 0.06), reference: 0.05, threshold: 0.1 })).toBe("stable");
    expect(sizeOf({ ...row("brand", "unknown", 0.08), reference: 0.05, threshold: 0.1 })).toBe("moderate");
  });
  it("ranks what moved most first, by the larger of two distances, and leaves out all of them together", () => {
    const rows = [row("all", "share that drifted", 0.9, "drift"), row("a", "psi", 0.01), row("a", "ks", 0.02), row("b", "psi", 0.02), row("b", "ks", 0.3, "drift"), row("c", "psi", 0.2)];
    expect(movedOf(rows, "channels").map(({ name, size }) => [name, size])).toEqual([["b", "large"], ["c", "moderate"], ["a", "stable"]]);
    expect(movedOf(rows, "attributes")).toEqual([]);
  });
});

it("an error is a share, save for one in errors of the naive forecast", () => {
  expect(errorOf(0.5, "wape")).toMatch(/50/);
  expect(errorOf(0.5, "rmsse")).toMatch(/0.5/);
});
