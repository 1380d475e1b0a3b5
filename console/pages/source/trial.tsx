/** The result of a trial of a source. */
import { List, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import type { server } from '../../client/server.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { FindingsTable } from './findings.tsx';
import { SyncFailure } from './parts.tsx';
import { texts } from './texts.ts';
import { Heading, Muted } from '../../parts/text.tsx';

type Trial = Awaited<ReturnType<typeof server.sources.try.mutate>>;

export function TrialResult({ trial: { failure, entries, total, findings } }: { readonly trial: Trial }): ReactElement {
  return (
    <Stack gap="xs" role="status">
      <Heading>{texts.tried}</Heading>
      {failure !== null && <SyncFailure title={texts.triedFailed} message={failure.message} />}
      {failure === null && total === 0 && <Text c="dimmed">{texts.triedNothing}</Text>}
      {total > 0 && (
        <>
          <Text size="sm">{texts.triedTotal(entries.length, total)}</Text>
          <List size="sm">
            {entries.map(({ name, version, description }) => (
              <List.Item key={`${name} ${version}`} style={{ overflowWrap: 'anywhere' }}>
                <SafeText text={`${name} ${version}`} limit={300} />
                <Muted size="xs">
                  <SafeText text={description} limit={200} />
                </Muted>
              </List.Item>
            ))}
          </List>
        </>
      )}
      {findings.length > 0 && <FindingsTable findings={findings} />}
    </Stack>
  );
}
