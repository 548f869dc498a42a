import { expect, test } from "vitest";
import { reader } from "./shortcuts";

test("g and another key within a second are one shortcut, and later ones are two", () => {
  let time = 0;
  const read = reader(() => time);
  expect([read("g"), read("w"), read("w")]).toEqual(["g", "g w", "w"]);
  expect(read("g")).toBe("g");
  time = 5000;
  expect(read("w")).toBe("w");
});
