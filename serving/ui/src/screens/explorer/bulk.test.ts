import { expect, test } from "vitest";
import { emptyDraft, type Draft } from "../item/editing/draft";
import { bodyOf, lacking, MOST_EDITS } from "./bulk";
import { ranged, toggled } from "./choosing";
import { explorerSearch, same } from "./search";
import { renamed, viewsIn, withView } from "./views";

const CELLS = ["2024-01-01", "2024-01-08"].map((bucket_start) => ({ bucket_start, reconciled: 10, published: 10, override: null }));
const DRAFT: Draft = { ...emptyDraft(), from: "2024-01-01", to: "2024-01-08", amount: "20", reason: "promotion", comment: " leaflet ", lock: true };
const some = (length: number) => Array.from({ length }, (_, at) => `s${at}`);

test("each series gets an edit of its own", () => {
  const { edits, selection } = bodyOf(DRAFT, CELLS, "product", { series: ["a", "b"] });
  expect(selection).toBe(null);
  expect(edits?.map(({ node, first, buckets, percent, lock, comment }) => [node, first, buckets, percent, lock, comment])).toEqual([
    ["a", "2024-01-01", 2, 20, true, "leaflet"],
    ["b", "2024-01-01", 2, 20, true, "leaflet"],
  ]);
});

test("units are those of each series in each bucket", () => {
  const { edits } = bodyOf({ ...DRAFT, by: "units" }, CELLS, "product", { series: ["a", "b"] });
  expect(edits?.map(({ quantity, percent }) => [quantity, percent])).toEqual([
    [20, null],
    [20, null],
  ]);
});

test("more series than edits are one selection by the conditions that leave them", () => {
  const { edits, selection } = bodyOf(DRAFT, CELLS, "product", { series: some(MOST_EDITS + 1), conditions: ["brand:National"] });
  expect(edits).toEqual([]);
  expect([selection?.attribute, selection?.buckets, selection?.percent]).toEqual([["brand:National"], 2, 20]);
});

test("what cannot be asked is said before it is", () => {
  expect(lacking(DRAFT, CELLS, { series: [] })).toMatch(/Choose series/);
  expect(lacking({ ...DRAFT, from: "", to: "" }, CELLS, { series: ["a"] })).toMatch(/buckets/);
  expect(lacking(DRAFT, CELLS, { series: some(20_000) })).toMatch(/choose fewer series or buckets/);
  expect(lacking({ ...DRAFT, to: DRAFT.from }, CELLS, { series: some(MOST_EDITS + 1) })).toMatch(/filters of attributes/);
  const many = { series: some(MOST_EDITS + 1), conditions: ["brand:National"] };
  expect(lacking({ ...DRAFT, by: "units", to: DRAFT.from }, CELLS, many)).toMatch(/by percent/);
  expect(lacking({ ...DRAFT, by: "units", amount: "-1" }, CELLS, { series: ["a"] })).toMatch(/zero or more/);
  expect(lacking({ ...DRAFT, reason: "" }, CELLS, { series: ["a"] })).toMatch(/reason/);
  expect(lacking(DRAFT, CELLS, many)).toBe(null);
});

test("a range goes from the row chosen before to this one, either way, and alone where that is not shown", () => {
  const shown = ["a", "b", "c", "d"];
  expect([...ranged(new Set(["x"]), shown, "c", "a", true)]).toEqual(["x", "a", "b", "c"]);
  expect([...ranged(new Set(shown), shown, "b", "c", false)]).toEqual(["a", "d"]);
  expect([...ranged(new Set(), shown, "gone", "b", true)]).toEqual(["b"]);
  expect([...toggled(new Set(["a", "b"]), ["a"], false)]).toEqual(["b"]);
});

test("a view has one name, and what was kept broken is left out", () => {
  const views = withView(withView([], { name: "teas", search: { q: "tea" } }), { name: "bio", search: { where: ["label:bio"] } });
  expect(views.map((view) => view.name)).toEqual(["bio", "teas"]);
  expect(renamed(views, "teas", "bio")).toEqual([{ name: "bio", search: { q: "tea" } }]);
  expect(viewsIn([{ name: "a", search: { hide: ["brand", 3], odd: 1 } }, { search: {} }, null])).toEqual([
    { name: "a", search: { q: undefined, method: undefined, where: undefined, hide: ["brand"], sort: undefined } },
  ]);
  expect(viewsIn("nothing")).toEqual([]);
});

test("the order in which filters were chosen does not make another view", () => {
  expect(same({ where: ["a:1", "b:2"] }, explorerSearch({ where: ["b:2", "a:1"], hide: [] }))).toBe(true);
  expect(same({ sort: "brand" }, { sort: "-brand" })).toBe(false);
});
