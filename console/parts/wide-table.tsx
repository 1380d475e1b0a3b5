/** A table that scrolls sideways on narrow screens, with the keyboard too. */
import { Table, type TableProps } from '@mantine/core';
import type { ReactElement } from 'react';
import classes from './wide-table.module.css';

interface WideTableProps extends TableProps {
  /** The name of the table for screen readers. */
  readonly label: string;
  /** The width in pixels below which the table scrolls. */
  readonly minWidth: number;
  /** The titles of the columns. */
  readonly titles: readonly string[];
}

export function WideTable({ label, minWidth, titles, children, ...table }: WideTableProps): ReactElement {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- Scrolled with the arrow keys.
    <div className={classes.scroller} role="region" aria-label={label} tabIndex={0}>
      <Table miw={minWidth} aria-label={label} {...table}>
        <Table.Thead>
          <Table.Tr>
            {titles.map((title) => (
              <Table.Th key={title}>{title}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}
