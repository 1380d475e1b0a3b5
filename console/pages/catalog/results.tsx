/** The matching servers. Only those in view are in the page. */
import { Badge, Box, Group, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, useLayoutEffect, useRef, useState } from 'react';
import { type EntryKind, storedName } from '../../../registry/entry-kind.ts';
import { SafeText } from '../../parts/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import classes from './catalog.module.css';
import { type CatalogServer, PAGE_SIZE, pageQuery } from './queries.ts';
import type { CatalogSearch } from './search.ts';
import { texts } from './texts.ts';

/** Pixels: all rows have the same height, so that nothing moves when they are loaded. */
const ROW_HEIGHT = 92;

export function Results({
  registry,
  search,
  total,
}: {
  readonly registry: string;
  readonly search: CatalogSearch;
  readonly total: number;
}): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const virtualizer = useWindowVirtualizer({
    count: total,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
    scrollMargin: top,
  });
  const rows = virtualizer.getVirtualItems();
  const pages = [...new Set(rows.map(({ index }) => Math.floor(index / PAGE_SIZE)))];
  const loaded = useQueries({ queries: pages.map((page) => pageQuery(search, page)) });
  const serverAt = (index: number): CatalogServer | undefined =>
    loaded[pages.indexOf(Math.floor(index / PAGE_SIZE))]?.data?.servers[index % PAGE_SIZE];
  return (
    <Box
      ref={list}
      role="list"
      aria-label={texts.types[search.type ?? 'server']}
      pos="relative"
      h={virtualizer.getTotalSize()}
    >
      {rows.map(({ index, start }) => (
        <div
          key={index}
          role="listitem"
          aria-setsize={total}
          aria-posinset={index + 1}
          className={classes.row}
          style={{ height: ROW_HEIGHT, transform: `translateY(${start - top}px)` }}
        >
          <Row registry={registry} type={search.type} server={serverAt(index)} />
        </div>
      ))}
    </Box>
  );
}

function Row({
  registry,
  type = 'server',
  server,
}: {
  readonly registry: string;
  readonly type: EntryKind | undefined;
  readonly server: CatalogServer | undefined;
}): ReactElement {
  if (server === undefined) {
    return (
      <Text c="dimmed" p="sm">
        {texts.loadingRow}
      </Text>
    );
  }
  const { name, title, description, version, status, facets, updatedAt, sourceName } = server;
  return (
    <Link to="/catalog/$registry/$" params={{ registry, _splat: storedName(type, name) }} className={classes.server}>
      <Group gap="xs" wrap="nowrap" justify="space-between">
        <Text component="span" fw={600} truncate>
          <SafeText text={title ?? name} limit={120} />
        </Text>
        <Group gap={4} wrap="nowrap" visibleFrom="sm">
          {status !== 'active' && (
            <Badge color="red" variant={status === 'deleted' ? 'light' : 'default'} className={classes.badge}>
              {texts.statuses[status]}
            </Badge>
          )}
          {facets.filter(isShown).map((facet) => (
            <Badge key={facet} variant="default" className={classes.badge}>
              <SafeText text={facet.replace(/^\w+:/, '')} limit={24} />
            </Badge>
          ))}
        </Group>
      </Group>
      <Text component="span" size="sm" truncate display="block">
        <SafeText text={description.replaceAll(/\s+/g, ' ')} limit={280} />
      </Text>
      <Text component="span" size="xs" c="dimmed" truncate display="block">
        <SafeText text={name} limit={120} /> · <SafeText text={version} limit={40} /> · {sourceName} ·{' '}
        <Time at={updatedAt} as="date" />
      </Text>
    </Link>
  );
}

/** The kinds of packages, and whether the server is remote. */
function isShown(facet: string): boolean {
  return facet === 'remote' || facet.startsWith('package:');
}
