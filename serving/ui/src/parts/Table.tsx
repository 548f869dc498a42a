import type { ReactNode } from "react";

export interface Column<Row> {
  name: string;
  title: ReactNode;
  numeric?: boolean;
  cell: (row: Row) => ReactNode;
}

/** A short table; the first column names its rows. It scrolls sideways where it does not fit. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  foot,
  sticky = false,
}: {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
  foot?: ReactNode;
  /** Whether the first column stays where the others scroll sideways. */
  sticky?: boolean;
}) {
  const stays = sticky ? "sticky left-0 z-10 bg-surface" : "";
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={caption}>
      <table className="w-full border-collapse">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line text-left text-sm text-soft">
            {columns.map((column, place) => (
              <th key={column.name} scope="col" className={`px-2 py-1.5 font-medium ${column.numeric ? "numeric" : ""} ${place === 0 ? stays : ""}`}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-0">
              {columns.map((column, place) =>
                place === 0 ? (
                  <th key={column.name} scope="row" className={`px-2 py-1.5 text-left font-normal ${sticky ? "max-w-64 wrap-break-word" : "whitespace-nowrap"} ${stays}`}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.name} className={`px-2 py-1.5 ${column.numeric ? "numeric whitespace-nowrap" : ""}`}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
        {foot && <tfoot className="border-t-2 border-line font-semibold">{foot}</tfoot>}
      </table>
    </div>
  );
}
