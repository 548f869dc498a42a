import { expect, test } from "vitest";
import { chooses, draggedOver } from "./dragging";

const TIME = { starts: ["2017-11-20", "2017-11-27", "2017-12-04", "2017-12-11"], cutoff: 2 };

test("what is dragged over is a range of the forecast, whichever way it went, and none of history", () => {
  expect(draggedOver(TIME, 2, 3)).toEqual(["2017-12-04", "2017-12-11"]);
  expect(draggedOver(TIME, 3, 0)).toEqual(["2017-12-04", "2017-12-11"]);
  expect(draggedOver(TIME, 3, 3)).toEqual(["2017-12-11", "2017-12-11"]);
  expect(draggedOver(TIME, 0, 1)).toBeNull();
});

test("a drag looks closer where it begins in history, or with Shift", () => {
  expect([chooses(TIME, 2, false), chooses(TIME, 1, false), chooses(TIME, 3, true)]).toEqual([true, false, false]);
});
