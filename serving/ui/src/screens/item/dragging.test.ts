import { expect, test } from "vitest";
import { againOf, chooses, draggedOver } from "./dragging";

const TIME = { starts: ["2017-11-20", "2017-11-27", "2017-12-04", "2017-12-11"], cutoff: 2 };

test("what is dragged over is a range of the forecast, whichever way it went, and none of history", () => {
  expect(draggedOver(TIME, 2, 3)).toEqual(["2017-12-04", "2017-12-11"]);
  expect(draggedOver(TIME, 3, 0)).toEqual(["2017-12-04", "2017-12-11"]);
  expect(draggedOver(TIME, 3, 3)).toEqual(["2017-12-11", "2017-12-11"]);
  expect(draggedOver(TIME, 0, 1)).toBeNull();
});

test("a chart that is drawn anew looks at what it looked at, as far as that is there", () => {
  const at = [10, 20, 30, 40];
  expect(againOf(null, at)).toBeNull();
  expect(againOf({ min: 20, max: 30, toEnd: false }, at)).toEqual({ min: 20, max: 30 });
  expect(againOf({ min: 20, max: 40, toEnd: true }, [20, 30, 40, 50])).toBeNull();
  expect(againOf({ min: 30, max: 40, toEnd: true }, [20, 30, 40, 50])).toEqual({ min: 30, max: 50 });
  expect(againOf({ min: 10, max: 20, toEnd: false }, [20, 30])).toBeNull();
  expect(againOf({ min: 20, max: 30, toEnd: false }, [])).toBeNull();
});

test("a drag looks closer where it begins in history, or with Shift", () => {
  expect([chooses(TIME, 2, false), chooses(TIME, 1, false), chooses(TIME, 3, true)]).toEqual([true, false, false]);
});
