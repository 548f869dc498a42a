import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  useReactTable,
  type SortingState,
  type VisibilityState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { ItemLink } from "../ItemLink";

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

/** Series in rows of which only those on the screen exist. */
export function SeriesTable({ series, attributes }: { series: Series[]; attributes: string[] }) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const [columnVisibility, setColumnVisibility] = useState<VisibilityState>({});
  const columns = useMemo(() => columnsFor(attributes), [attributes]);
  const table = useReactTable({
    data: series,
    columns,
    state: { sorting, columnVisibility },
    onSortingChange: setSorting,
    onColumnVisibilityChange: setColumnVisibility,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getRowId: (one) => one.series_id,
  });
  const { rows } = table.getRowModel();
  const holder = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => holder.current, estimateSize: () => ROW, overscan: 12 });
  const visible = table.getVisibleLeafColumns().length;
  const grid = { gridTemplateColumns: `repeat(${visible}, minmax(9rem, 1fr))` };
  return (
    <div className="rounded-lg border border-line bg-surface">
      <fieldset className="flex flex-wrap gap-x-4 gap-y-1 border-b border-line px-3 py-2 text-sm">
        <legend className="sr-only">Columns</legend>
        {table
          .getAllLeafColumns()
          .filter((column) => column.getCanHide())
          .map((column) => (
            <label key={column.id} className="inline-flex items-center gap-1.5">
              <input type="checkbox" checked={column.getIsVisible()} onChange={column.getToggleVisibilityHandler()} />
              {column.id}
            </label>
          ))}
      </fieldset>
      <div ref={holder} tabIndex={0} role="table" aria-label="Series" aria-rowcount={rows.length + 1} className="h-[68vh] overflow-auto">
        <div role="rowgroup" className="sticky top-0 z-10 min-w-max border-b border-line bg-surface">
          <div role="row" aria-rowindex={1} className="grid" style={grid}>
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
