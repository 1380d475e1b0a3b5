/** Commands that install a skill or plugin. */
import { Stack, Text, Title } from '@mantine/core';
import type { ReactElement } from 'react';
import { type JsonObject, textOf } from '../../../registry/json.ts';
import { shellWords } from '../../../registry/exports/shell.ts';
import { serverUrl } from '../../client/server.ts';
import { CodeBlock } from '../../parts/code-block.tsx';
import type { ServerDocument } from './document.ts';
import type { ServerVersion } from './queries.ts';
import { texts as allTexts } from './texts.ts';

const texts = allTexts.skill;

export function SkillInstall({
  registry,
  entry,
  document: { packages },
}: {
  readonly registry: string;
  readonly entry: ServerVersion;
  readonly document: ServerDocument;
}): ReactElement {
  if (entry.status === 'deleted') return <Text>{texts.deleted}</Text>;
  const isPlugin = entry.entryKind === 'plugin';
  const toolhive = toolhiveCommands(isPlugin, packages);
  const isInMarketplace =
    entry.isLatest && entry.status === 'active' && packages.some(({ registryType }) => registryType === 'git');
  return (
    <Stack gap="lg">
      {toolhive.length > 0 && <Commands title={texts.toolhive} lines={toolhive} />}
      {isPlugin && isInMarketplace && (
        <>
          <Commands title={texts.marketplace} lines={marketplaceCommands(registry, entry.name)} />
          <Text size="sm">{texts.marketplaceHint}</Text>
        </>
      )}
      {isPlugin && !isInMarketplace && <Text size="sm">{texts.notListed}</Text>}
      {toolhive.length === 0 && !isInMarketplace && <Text>{texts.none}</Text>}
    </Stack>
  );
}

function Commands({ title, lines }: { readonly title: string; readonly lines: readonly string[] }): ReactElement {
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">
        {title}
      </Title>
      <CodeBlock label={title} text={lines.join('\n')} />
    </Stack>
  );
}

/** ToolHive takes the reference of an OCI artifact; for skills also `git://host/path@commit#folder`. */
function toolhiveCommands(isPlugin: boolean, packages: readonly JsonObject[]): readonly string[] {
  const references = packages.map((part) => textOf(part['identifier']) ?? (isPlugin ? undefined : gitReference(part)));
  return references.flatMap((reference) =>
    reference === undefined ? [] : [shellWords(['thv', isPlugin ? 'ai-plugin' : 'skill', 'install', reference])],
  );
}

function gitReference({ url, ref, commit, subfolder }: JsonObject): string | undefined {
  const repository = URL.parse(textOf(url) ?? '');
  if (repository === null || repository.host === '') return undefined;
  const at = textOf(commit) ?? textOf(ref);
  const folder = textOf(subfolder);
  const path = repository.pathname.replace(/\.git$/, '');
  return `git://${repository.host}${path}${at === undefined ? '' : `@${at}`}${folder ? `#${folder}` : ''}`;
}

function marketplaceCommands(registry: string, name: string): readonly string[] {
  const url = serverUrl(`registry/${encodeURIComponent(registry)}/exports/claude-code-marketplace`).href;
  const plugin = name.slice(name.indexOf('/') + 1);
  return [
    shellWords(['claude', 'plugin', 'marketplace', 'add', url]),
    shellWords(['claude', 'plugin', 'install', `${plugin}@${registry}`]),
  ];
}
