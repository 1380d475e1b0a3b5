/** Parts of the pages of servers, skills, and plugins. */
import { Card, Code, Stack, Text } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import { type JsonObject, textOf } from '../../../registry/json.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import type { ServerVersion } from './queries.ts';
import classes from './server.module.css';
import { texts } from './texts.ts';
import { Heading } from '../../parts/text.tsx';

/** Packages and remotes that are shown. */
const MAX_SHOWN = 50;

export function Description({ members }: { readonly members: JsonObject }): ReactElement {
  return (
    <Text style={{ whiteSpace: 'pre-line' }}>
      <SafeText text={textOf(members['description']) ?? ''} />
    </Text>
  );
}

export function Facts({ entry }: { readonly entry: ServerVersion }): ReactElement {
  return (
    <dl className={classes.facts}>
      <Fact name={texts.published}>
        <Time at={entry.publishedAt} />
      </Fact>
      <Fact name={texts.updated}>
        <Time at={entry.updatedAt} />
      </Fact>
      <Fact name={texts.source}>
        {entry.sourceName} ({entry.sourceKind})
      </Fact>
      {entry.commitId !== null && (
        <Fact name={texts.commit}>
          <Code>{entry.commitId}</Code>
        </Fact>
      )}
      {entry.syncNumber !== null && <Fact name={texts.sync}>{entry.syncNumber}</Fact>}
    </dl>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement | null {
  if (children === undefined || children === '') return null;
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} miw={0}>
        {children}
      </Text>
    </>
  );
}

export function Parts({
  title,
  parts,
  show,
}: {
  readonly title: string;
  readonly parts: readonly JsonObject[];
  readonly show: (part: JsonObject) => ReactElement;
}): ReactElement {
  return (
    <Stack gap="sm">
      <Heading>{title}</Heading>
      {parts.slice(0, MAX_SHOWN).map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- The parts of a document don't move.
        <Card key={index} withBorder padding="sm">
          {show(part)}
        </Card>
      ))}
      {parts.length > MAX_SHOWN && <Text c="dimmed">{texts.more(parts.length - MAX_SHOWN)}</Text>}
    </Stack>
  );
}

export function TextFact({ name, value }: { readonly name: string; readonly value: unknown }): ReactElement | null {
  const text = textOf(value);
  return text === undefined || text === '' ? null : (
    <Fact name={name}>
      <SafeText text={text} limit={500} />
    </Fact>
  );
}
