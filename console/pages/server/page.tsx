/**
 * The page of a server, skill, or plugin: its properties, its installation, and the differences between its versions.
 */
import { Select, Stack, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactElement, useMemo } from 'react';
import { kindOfName, servedName } from '../../../registry/entry-kind.ts';
import { visibleText } from '../../parts/hidden-characters.ts';
import { CodeBlock } from '../../parts/code-block.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Compare } from './compare.tsx';
import { readDocument } from './document.ts';
import { Header } from './header.tsx';
import { Install } from './install.tsx';
import { Overview } from './overview.tsx';
import { type ListedVersion, type ServerAddress, type ServerVersion, versionQuery, versionsQuery } from './queries.ts';
import { type ServerSearch, VIEWS } from './search.ts';
import { SkillInstall } from './skill-install.tsx';
import { SkillOverview } from './skill-overview.tsx';
import { texts } from './texts.ts';
import { Versions } from './versions.tsx';
import { PageLink } from '../../parts/page-link.tsx';

const route = getRouteApi('/catalog/$registry/$');

export function ServerPage(): ReactElement {
  const { registry, _splat: name = '' } = route.useParams();
  const { version } = route.useSearch();
  const kind = kindOfName(name);
  const address = { registry, entryKind: kind, name: servedName(name) };
  const versions = useQuery(versionsQuery(address));
  return (
    <Stack gap="md">
      <PageLink size="sm" to="/catalog" search={{ registry, type: kind === 'server' ? undefined : kind }}>
        ← {texts.back}
      </PageLink>
      {versions.isError && <PageTitle text={address.name} />}
      <QueryState query={versions}>
        {(found) => <OneVersion address={address} versions={found} version={version ?? latestOf(found)} />}
      </QueryState>
    </Stack>
  );
}

function latestOf(versions: readonly ListedVersion[]): string {
  return (versions.find(({ isLatest }) => isLatest) ?? versions[0])?.version ?? '';
}

interface Shown {
  readonly address: ServerAddress;
  readonly versions: readonly ListedVersion[];
}

function OneVersion({ address, versions, version }: Shown & { readonly version: string }): ReactElement {
  const entry = useQuery(versionQuery(address, version));
  return (
    <>
      {entry.isError && <PageTitle text={address.name} />}
      <QueryState query={entry}>
        {(found) => (
          <Views key={`${address.entryKind} ${address.name}`} address={address} versions={versions} entry={found} />
        )}
      </QueryState>
    </>
  );
}

function Views({ address, versions, entry }: Shown & { readonly entry: ServerVersion }): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const document = useMemo(() => readDocument(entry.document), [entry.document]);
  const isServer = entry.entryKind === 'server';
  const shown = { entry, document };
  const change = (changed: ServerSearch): void =>
    void navigate({ search: (previous: ServerSearch) => ({ ...previous, ...changed }) });
  const panel = (view: (typeof VIEWS)[number], content: ReactElement): ReactElement => (
    <Tabs.Panel value={view} pt="md">
      {content}
    </Tabs.Panel>
  );
  return (
    <>
      <Header entry={entry} document={document} latest={latestOf(versions)} />
      <Select
        label={texts.version}
        maw={320}
        data={versions.map(({ version, isLatest }) => ({
          value: version,
          label: isLatest ? `${visibleText(version, 60)} (${texts.latest})` : visibleText(version, 60),
        }))}
        value={entry.version}
        allowDeselect={false}
        searchable={versions.length > 10}
        onChange={(version) => change({ version: version ?? undefined })}
      />
      <Tabs
        value={search.view ?? 'overview'}
        onChange={(view) => change({ view: VIEWS.find((known) => known === view && known !== 'overview') })}
        keepMounted={false}
      >
        <Tabs.List>
          {VIEWS.map((view) => (
            <Tabs.Tab key={view} value={view}>
              {texts.views[view]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {panel('overview', isServer ? <Overview {...shown} /> : <SkillOverview {...shown} />)}
        {panel(
          'install',
          isServer ? (
            <Install entry={entry} client={search.client} onClient={(client) => change({ client })} />
          ) : (
            <SkillInstall registry={address.registry} {...shown} />
          ),
        )}
        {panel('versions', <Versions versions={versions} />)}
        {panel(
          'difference',
          <Compare address={address} versions={versions} to={entry.version} from={search.from} onChange={change} />,
        )}
        {panel(
          'json',
          <CodeBlock label={texts.json[entry.entryKind]} text={JSON.stringify(document.members, null, 2)} />,
        )}
      </Tabs>
    </>
  );
}
