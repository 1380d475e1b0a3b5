/** The differences between two versions. */
import { ActionIcon, Badge, Group, Select, Stack, Table, Text } from '@mantine/core';
import { IconArrowsExchange } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useMemo } from 'react';
import { QueryState } from '../../parts/query-state.tsx';
import { visibleText } from '../../parts/hidden-characters.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { WideTable } from '../../parts/wide-table.tsx';
import { type Change, differences, SECTIONS } from './difference.ts';
import { readDocument } from './document.ts';
import { type ListedVersion, type ServerAddress, type ServerVersion, versionQuery } from './queries.ts';
import type { ServerSearch } from './search.ts';
import classes from './server.module.css';
import { texts as allTexts } from './texts.ts';
import { Heading } from '../../parts/text.tsx';

const texts = allTexts.compare;

export function Compare({
  address,
  versions,
  to,
  from: asked,
  onChange,
}: {
  readonly address: ServerAddress;
  readonly versions: readonly ListedVersion[];
  readonly to: string;
  readonly from: string | undefined;
  readonly onChange: (changed: ServerSearch) => void;
}): ReactElement {
  const others = versions.filter(({ version }) => version !== to);
  const before = versions[versions.findIndex(({ version }) => version === to) + 1] ?? others[0];
  const from = asked !== undefined && asked !== to ? asked : before?.version;
  if (from === undefined) return <Text>{texts.one}</Text>;
  const options = versions.map(({ version }) => ({ value: version, label: visibleText(version, 60) }));
  return (
    <Stack gap="md">
      <Group align="flex-end" gap="sm">
        <Select
          label={texts.from}
          data={options}
          value={from}
          allowDeselect={false}
          onChange={(version) => onChange({ from: version ?? undefined })}
        />
        <ActionIcon
          variant="default"
          size={36}
          aria-label={texts.swap}
          onClick={() => onChange({ version: from, from: to })}
        >
          <IconArrowsExchange size={18} />
        </ActionIcon>
        <Select
          label={texts.to}
          data={options}
          value={to}
          allowDeselect={false}
          onChange={(version) => onChange({ version: version ?? undefined, from })}
        />
      </Group>
      <Compared address={address} from={from} to={to} />
    </Stack>
  );
}

function Compared({
  address,
  from,
  to,
}: {
  readonly address: ServerAddress;
  readonly from: string;
  readonly to: string;
}): ReactElement {
  const old = useQuery(versionQuery(address, from));
  const current = useQuery(versionQuery(address, to));
  return (
    <QueryState query={old}>
      {(before) => <QueryState query={current}>{(after) => <Changes before={before} after={after} />}</QueryState>}
    </QueryState>
  );
}

function Changes({ before, after }: { readonly before: ServerVersion; readonly after: ServerVersion }): ReactElement {
  const changes = useMemo(
    () => differences(readDocument(before.document), readDocument(after.document)),
    [before.document, after.document],
  );
  if (changes.length === 0) return <Text>{texts.same}</Text>;
  return (
    <Stack gap="lg">
      {SECTIONS.map((section) => {
        const found = changes.filter((change) => change.section === section);
        return found.length === 0 ? null : (
          <section key={section}>
            <Heading>{texts.sections[section]}</Heading>
            <ChangeTable label={texts.sections[section]} changes={found} />
          </section>
        );
      })}
    </Stack>
  );
}

function ChangeTable({
  label,
  changes,
}: {
  readonly label: string;
  readonly changes: readonly Change[];
}): ReactElement {
  return (
    <WideTable
      label={label}
      minWidth={560}
      titles={[texts.what, texts.before, texts.after]}
      layout="fixed"
      verticalSpacing="xs"
      className={classes.changes}
    >
      {changes.map(({ what, before, after }) => (
        <Table.Tr key={what}>
          <Table.Td>
            <SafeText text={what} limit={300} />{' '}
            <Badge size="sm" variant="default">
              {texts.kinds[before === undefined ? 'added' : after === undefined ? 'removed' : 'changed']}
            </Badge>
          </Table.Td>
          <Value text={before} className={classes.removed} />
          <Value text={after} className={classes.added} />
        </Table.Tr>
      ))}
    </WideTable>
  );
}

function Value({
  text,
  className,
}: {
  readonly text: string | undefined;
  readonly className: string | undefined;
}): ReactElement {
  if (text === undefined) return <Table.Td />;
  return (
    <Table.Td className={className}>
      <span className={classes.value}>
        <SafeText text={text} />
      </span>
    </Table.Td>
  );
}
