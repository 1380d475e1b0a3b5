/** Entries that were rejected or have warnings, with their locations and reasons. */
import { Badge, Table } from '@mantine/core';
import type { ReactElement } from 'react';
import type { EntryFinding } from '../../../registry/entry.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { texts } from './texts.ts';
import { WideTable } from '../../parts/wide-table.tsx';

export function FindingsTable({ findings }: { readonly findings: readonly EntryFinding[] }): ReactElement {
  return (
    <WideTable label={texts.findings} minWidth={560} titles={Object.values(texts.findingColumns)}>
      {findings.map((finding) => (
        <Table.Tr key={`${finding.severity} ${finding.ordinal} ${finding.reason}`}>
          <Table.Td>
            <Badge color={finding.severity === 'rejection' ? 'red' : 'yellow'}>
              {texts.severity[finding.severity]}
            </Badge>
          </Table.Td>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>
            <SafeText text={[finding.name ?? '–', finding.version ?? ''].join(' ')} limit={300} />
          </Table.Td>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>
            <SafeText text={finding.location ?? '–'} limit={300} />
          </Table.Td>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>
            <SafeText text={finding.reason} />
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
