import { Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { server } from '../../client/server.ts';
import { Empty, QueryState } from '../../parts/query-state.tsx';
import { SafeText } from '../../parts/safe-text.tsx';
import { texts } from './texts.ts';

export function CatalogPage(): ReactElement {
  const registries = useQuery({
    queryKey: ['catalog', 'registries'],
    queryFn: ({ signal }) => server.catalog.registries.query(undefined, { signal }),
  });
  return (
    <Stack>
      <Title order={1}>{texts.title}</Title>
      <QueryState query={registries}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={texts.none} />
          ) : (
            <ul>
              {found.map(({ name }) => (
                <li key={name}>
                  <SafeText text={name} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryState>
    </Stack>
  );
}
