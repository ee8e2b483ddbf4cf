/* A table on a desk, a stack of cards on a telephone. The roles are written out because a table that is laid out as
 * cards loses them in some browsers. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export interface Column<T> {
  key: string;
  title: string;
  render: (item: T) => ReactNode;
  className?: string;
}

interface DataTableProps<T> {
  caption: string;
  columns: Column<T>[];
  items: T[];
  keyOf: (item: T) => string;
  className?: string;
}

export function DataTable<T>({ caption, columns, items, keyOf, className }: DataTableProps<T>) {
  return (
    <table className={`rows ${className ?? ""}`} role="table">
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((c) => (
            <th key={c.key} scope="col" role="columnheader" className={c.className}>
              {c.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {items.map((item) => (
          <tr key={keyOf(item)} role="row">
            {columns.map((c) => (
              <td key={c.key} role="cell" data-title={c.title} className={c.className}>
                <div className="cell">{c.render(item)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface MoreProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

export function More({ query }: MoreProps) {
  const { t } = useTranslation();
  if (!query.hasNextPage) return null;
  return (
    <div className="more">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t("action.more")}
      </Button>
    </div>
  );
}
