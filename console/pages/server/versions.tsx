import { Badge, Table } from '@mantine/core';
import type { ReactElement } from 'react';
import { SafeText } from '../../parts/safe-text.tsx';
import { visibleText } from '../../parts/hidden-characters.ts';
import { Time } from '../../parts/time.tsx';
import { WideTable } from '../../parts/wide-table.tsx';
import type { ListedVersion } from './queries.ts';
import { texts } from './texts.ts';
import { PageLink } from '../../parts/page-link.tsx';

/** All versions of a server, newest first. */
export function Versions({ versions }: { readonly versions: readonly ListedVersion[] }): ReactElement {
  return (
    <WideTable
      label={texts.versions.caption}
      minWidth={420}
      highlightOnHover
      titles={[texts.version, texts.versions.status, texts.published, texts.versions.compare]}
    >
      {versions.map(({ version, status, publishedAt, isLatest }, index) => {
        const previous = versions[index + 1]?.version;
        return (
          <Table.Tr key={version}>
            <Table.Td>
              <PageLink from="/catalog/$registry/$" search={{ version }}>
                <SafeText text={version} limit={60} />
              </PageLink>{' '}
              {isLatest && <Badge size="sm">{texts.latest}</Badge>}
            </Table.Td>
            <Table.Td>{texts.statuses[status]}</Table.Td>
            <Table.Td>
              <Time at={publishedAt} as="date" />
            </Table.Td>
            <Table.Td>
              {previous !== undefined && (
                <PageLink
                  size="sm"
                  aria-label={texts.versions.compareWith(visibleText(version, 60))}
                  from="/catalog/$registry/$"
                  search={{ version, view: 'difference', from: previous }}
                >
                  {texts.versions.compare}
                </PageLink>
              )}
            </Table.Td>
          </Table.Tr>
        );
      })}
    </WideTable>
  );
}
