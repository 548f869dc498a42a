import { expect, test } from "vitest";
import { lackingIn, noWord, valueOf, withAsked, type Word } from "./corrections";

const brand: Word = { attribute: "brand", choice: "other", value: "", other: " National " };

test("a word is what was said, another value, or that nobody knows", () => {
  expect([brand, { ...brand, choice: "said" as const, value: "x" }, { ...brand, choice: "nobody" as const }].map(valueOf)).toEqual(["National", "x", null]);
});

test("what is asked about stands among the words once", () => {
  expect(withAsked([brand], "brand")).toEqual([brand]);
  expect(withAsked([brand], "size")).toEqual([brand, noWord("size")]);
  expect(withAsked([brand], undefined)).toEqual([brand]);
});

test("what is missing is said one thing at a time", () => {
  expect(lackingIn([], "why")).toMatch(/Choose what/);
  expect(lackingIn([brand, noWord("size")], "why")).toMatch(/what size is/);
  expect(lackingIn([{ ...brand, other: " " }], "why")).toMatch(/what brand is/);
  expect(lackingIn([brand], " ")).toMatch(/why/);
  expect(lackingIn([brand, { ...noWord("size"), choice: "nobody" }], "why")).toBeNull();
});
