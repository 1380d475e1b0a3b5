/** A table that scrolls sideways on narrow screens, with the keyboard too. */
import { Table, type TableProps } from '@mantine/core';
import type { ReactElement } from 'react';
import classes from './wide-table.module.css';

/**
 * @param label names the table for screen readers.
 * @param minWidth pixels below which it scrolls.
 */
export function WideTable({
  label,
  minWidth,
  ...table
}: TableProps & { readonly label: string; readonly minWidth: number }): ReactElement {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- Scrolled with the arrow keys.
    <div className={classes.scroller} role="region" aria-label={label} tabIndex={0}>
      <Table miw={minWidth} aria-label={label} {...table} />
    </div>
  );
}

/** The header of a table: one title per column. */
export function ColumnTitles({ titles }: { readonly titles: readonly string[] }): ReactElement {
  return (
    <Table.Thead>
      <Table.Tr>
        {titles.map((title) => (
          <Table.Th key={title}>{title}</Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}
