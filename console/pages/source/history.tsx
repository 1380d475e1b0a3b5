/** The syncs of a source, newest first, with a small chart of their outcomes. */
import { Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { server } from '../../client/server.ts';
import { Empty, QueryState, MoreButton } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import classes from './history.module.css';
import { OutcomeBadge, outcomeOf } from './parts.tsx';
import type { Run } from './state.ts';
import { texts } from './texts.ts';
import { WideTable } from '../../parts/wide-table.tsx';
import { Section } from '../../parts/text.tsx';
import { PageLink } from '../../parts/page-link.tsx';

const PAGE = 50;

export function History({ name }: { readonly name: string }): ReactElement {
  const runs = useInfiniteQuery({
    queryKey: ['sources', 'runs', name],
    queryFn: ({ signal, pageParam }) =>
      server.sources.runs.query({ name, limit: PAGE, before: pageParam ?? undefined }, { signal }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page.at(-1)?.number),
    select: ({ pages }) => pages.flat(),
  });
  return (
    <Section title={texts.history}>
      <QueryState query={runs}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={texts.noHistory} />
          ) : (
            <>
              <Chart runs={found.slice(0, PAGE)} />
              <WideTable label={texts.history} minWidth={640} titles={Object.values(texts.runColumns)}>
                {found.map((run) => (
                  <RunLine key={run.number} name={name} run={run} />
                ))}
              </WideTable>
              <MoreButton query={runs} label={texts.olderSyncs} />
            </>
          )
        }
      </QueryState>
    </Section>
  );
}

/** A bar for each sync; failed ones are as high as those that changed something, others are low. */
function Chart({ runs }: { readonly runs: readonly Run[] }): ReactElement {
  return (
    <div className={classes.chart} role="img" aria-label={texts.chart(runs.length)}>
      {runs.toReversed().map((run) => {
        const outcome = outcomeOf(run);
        return (
          <div
            key={run.number}
            className={classes.bar}
            data-outcome={outcome}
            style={{ height: outcome === 'unchanged' ? '30%' : '100%' }}
            title={texts.chartBar(run.number, texts.outcomes[outcome])}
          />
        );
      })}
    </div>
  );
}

function RunLine({ name, run }: { readonly name: string; readonly run: Run }): ReactElement {
  const { number, startedAt, endedAt, trigger, requestedBy, added, changed, removed, rejected, warnings } = run;
  const took = endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  return (
    <Table.Tr>
      <Table.Td>
        <PageLink
          aria-label={texts.run(number)}
          to="/sources/$name/syncs/$number"
          params={{ name, number: String(number) }}
        >
          {number}
        </PageLink>
      </Table.Td>
      <Table.Td>
        <OutcomeBadge run={run} />
      </Table.Td>
      <Table.Td>
        <Time at={startedAt} />
      </Table.Td>
      <Table.Td>{took === null ? '–' : texts.duration(took)}</Table.Td>
      <Table.Td>
        {texts.triggers[trigger] ?? trigger}
        {requestedBy !== null && (
          <Text size="xs" c="dimmed" maw={200} truncate>
            {texts.requestedBy(requestedBy)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <span title={texts.changesInWords(added, changed, removed)}>{texts.changes(added, changed, removed)}</span>
      </Table.Td>
      <Table.Td>{rejected + warnings === 0 ? '–' : texts.counts(rejected, warnings)}</Table.Td>
    </Table.Tr>
  );
}
