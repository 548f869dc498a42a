import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  useReactTable,
  type OnChangeFn,
  type SortingState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, type KeyboardEvent } from "react";
import type { Schemas } from "../../api/client";
import { ItemLink } from "../ItemLink";
import { ranged, toggled } from "./choosing";

type Series = Schemas["Series"];
const ROW = 36;
const helper = createColumnHelper<Series>();

function shown(value: string | string[] | null | undefined): string {
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

function columnsFor(attributes: readonly string[]) {
  return [
    helper.accessor("series_id", {
      header: "Item",
      enableHiding: false,
      cell: (cell) => <ItemLink hierarchy="" level="series" node={cell.getValue()} />,
    }),
    ...attributes.map((name) => helper.accessor((series) => shown(series.attributes[name]), { id: name, header: name })),
    helper.accessor("method", { header: "method" }),
  ];
}

interface Props {
  series: Series[];
  attributes: string[];
  /** Columns that are not shown, and the order of rows, as the address says them. */
  hide: readonly string[];
  sort?: string;
  put: (next: { hide?: string[]; sort?: string }) => void;
  /** Rows that are chosen; null where nobody could do anything with them. */
  chosen: ReadonlySet<string> | null;
  choose: (next: ReadonlySet<string>) => void;
}

function sortingOf(sort: string | undefined): SortingState {
  if (!sort) return [];
  return sort.startsWith("-") ? [{ id: sort.slice(1), desc: true }] : [{ id: sort, desc: false }];
}

/** Series in rows of which only those on the screen exist. */
export function SeriesTable({ series, attributes, hide, sort, put, chosen, choose }: Props) {
  const sorting = useMemo(() => sortingOf(sort), [sort]);
  const columnVisibility = useMemo(() => Object.fromEntries(hide.map((name) => [name, false])), [hide]);
  const onSortingChange: OnChangeFn<SortingState> = (update) => {
    const [first] = typeof update === "function" ? update(sorting) : update;
    put({ sort: first && `${first.desc ? "-" : ""}${first.id}` });
  };
  const show = (name: string, on: boolean) => {
    const next = on ? hide.filter((one) => one !== name) : [...hide, name];
    put({ hide: next.length > 0 ? next : undefined });
  };
  const columns = useMemo(() => columnsFor(attributes), [attributes]);
  const table = useReactTable({
    data: series,
    columns,
    state: { sorting, columnVisibility },
    onSortingChange,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getRowId: (one) => one.series_id,
  });
  const { rows } = table.getRowModel();
  const holder = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => holder.current, estimateSize: () => ROW, overscan: 12 });
  const visible = table.getVisibleLeafColumns().length;
  const grid = { gridTemplateColumns: `${chosen ? "2.75rem " : ""}repeat(${visible}, minmax(9rem, 1fr))` };
  const anchor = useRef<string | null>(null);
  const ids = () => rows.map((row) => row.id);
  /** Chooses a row or no longer; with Shift, everything since the row that was chosen before. */
  const pick = (id: string, on: boolean, range: boolean) => {
    if (chosen) choose(ranged(chosen, range ? ids() : [], range ? anchor.current : null, id, on));
    anchor.current = id;
  };
  const walk = (event: KeyboardEvent<HTMLElement>, at: number) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    const row = rows[next];
    event.preventDefault();
    if (!row) return;
    holder.current?.querySelector<HTMLElement>(`input[data-at="${next}"]`)?.focus();
    if (event.shiftKey && chosen) {
      anchor.current ??= rows[at]?.id ?? null;
      choose(toggled(chosen, [rows[at]?.id ?? row.id, row.id], true));
    }
  };
  return (
    <div className="rounded-lg border border-line bg-surface">
      <fieldset className="flex flex-wrap gap-x-4 gap-y-1 border-b border-line px-3 py-2 text-sm">
        <legend className="sr-only">Columns</legend>
        {table
          .getAllLeafColumns()
          .filter((column) => column.getCanHide())
          .map((column) => (
            <label key={column.id} className="inline-flex items-center gap-1.5">
              <input type="checkbox" checked={column.getIsVisible()} onChange={(event) => show(column.id, event.target.checked)} />
              {column.id}
            </label>
          ))}
      </fieldset>
      <div ref={holder} tabIndex={0} role="table" aria-label="Series" aria-rowcount={rows.length + 1} className="h-[68vh] overflow-auto">
        <div role="rowgroup" className="sticky top-0 z-10 min-w-max border-b border-line bg-surface">
          <div role="row" aria-rowindex={1} className="grid items-center" style={grid}>
            {chosen && <AllChosen rows={series} chosen={chosen} choose={choose} />}
            {table.getFlatHeaders().map((header) => {
              const sorted = header.column.getIsSorted();
              return (
                <div
                  key={header.id}
                  role="columnheader"
                  aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
                >
                  <button type="button" onClick={header.column.getToggleSortingHandler()} className="w-full px-3 py-2 text-left text-sm font-medium text-soft hover:text-ink">
                    {flexRender(header.column.columnDef.header, header.getContext())}
                    <span aria-hidden="true">{sorted === "asc" ? " ▲" : sorted === "desc" ? " ▼" : ""}</span>
                  </button>
                </div>
              );
            })}
          </div>
        </div>
        <div role="rowgroup" className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <div
                key={row.id}
                role="row"
                aria-rowindex={item.index + 2}
                className="absolute top-0 left-0 grid w-full items-center border-b border-line"
                style={{ ...grid, height: ROW, transform: `translateY(${item.start}px)` }}
              >
                {chosen && (
                  <div role="cell" className="flex justify-center">
                    <input
                      type="checkbox"
                      data-at={item.index}
                      aria-label={`Choose ${row.id}`}
                      checked={chosen.has(row.id)}
                      onChange={(event) => pick(row.id, event.target.checked, "shiftKey" in event.nativeEvent && event.nativeEvent.shiftKey === true)}
                      onKeyDown={(event) => walk(event, item.index)}
                    />
                  </div>
                )}
                {row.getVisibleCells().map((cell) => (
                  <div key={cell.id} role="cell" className="truncate px-3">
                    {flexRender(cell.column.columnDef.cell, cell.getContext())}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Chooses all that the filters leave, or none of them. */
function AllChosen({ rows, chosen, choose }: { rows: Series[]; chosen: ReadonlySet<string>; choose: Props["choose"] }) {
  // The table is drawn anew at every step of scrolling.
  const many = useMemo(() => rows.filter((one) => chosen.has(one.series_id)).length, [rows, chosen]);
  return (
    <div role="columnheader" className="flex justify-center">
      <input
        type="checkbox"
        aria-label="Choose all that the filters leave"
        checked={many > 0 && many === rows.length}
        ref={(box) => {
          if (box) box.indeterminate = many > 0 && many < rows.length;
        }}
        onChange={(event) => choose(toggled(chosen, rows.map((one) => one.series_id), event.target.checked))}
      />
    </div>
  );
}
