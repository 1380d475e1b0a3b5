/** The filters of the catalog. Their values are in the URL. */
import { choicesQuery } from './queries.ts';
import { Button, Collapse, Group, Select } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { ENTRY_STATUSES } from '../../../registry/entry.ts';
import { visibleText } from '../../parts/hidden-characters.ts';
import classes from './catalog.module.css';
import { type CatalogSearch, isFiltered, PERIODS, PLACES, SORTS } from './search.ts';
import { texts } from './texts.ts';

interface Option {
  readonly value: string;
  readonly label: string;
}

export function Filters({
  registry,
  registries,
  search,
  onChange,
}: {
  readonly registry: string;
  readonly registries: readonly string[];
  readonly search: CatalogSearch;
  readonly onChange: (changed: CatalogSearch) => void;
}): ReactElement {
  const { search: _text, ...more } = search;
  const [isOpen, { toggle }] = useDisclosure(isFiltered(more));
  const isServers = search.type === undefined;
  const choices = useQuery({ ...choicesQuery(registry, search.type), enabled: isOpen }).data ?? [];
  const offered = (group: string, prefix = ''): Option[] =>
    choices
      .filter((choice) => choice.group === group && choice.value.startsWith(prefix))
      .map(({ value, servers }) => ({
        value: value.slice(prefix.length),
        label: texts.choice(visibleText(value.slice(prefix.length), 60), servers),
      }));
  const filter = (name: keyof CatalogSearch, label: string, options: readonly Option[]): ReactElement => (
    <Filter label={label} options={options} value={search[name]} onChange={(value) => onChange({ [name]: value })} />
  );
  return (
    <>
      {registries.length > 1 && (
        <Select
          className={classes.filter}
          label={texts.registry}
          data={[...registries]}
          value={registry}
          allowDeselect={false}
          onChange={(name) =>
            onChange({ registry: name ?? undefined, source: undefined, tag: undefined, kind: undefined })
          }
        />
      )}
      <Select
        className={classes.filter}
        label={texts.sort}
        data={SORTS.map((value) => ({ value, label: texts.sorts[value] }))}
        value={search.sort ?? 'name'}
        allowDeselect={false}
        onChange={(sort) => onChange({ sort: sort === 'updated' ? sort : undefined })}
      />
      <Button
        variant="default"
        leftSection={<IconAdjustmentsHorizontal size={16} />}
        aria-expanded={isOpen}
        onClick={toggle}
      >
        {texts.filters}
      </Button>
      <Collapse expanded={isOpen} keepMounted={false} w="100%">
        <Group gap="sm" align="flex-end">
          {filter('source', texts.source, offered('source'))}
          {isServers && filter('place', texts.place, named(PLACES, texts.places))}
          {filter('kind', texts.kind, offered('facet', 'package:'))}
          {isServers && filter('transport', texts.transport, offered('facet', 'transport:'))}
          {filter('tag', texts.tag, offered('tag'))}
          {filter('status', texts.status, named(ENTRY_STATUSES, texts.statuses))}
          {filter('days', texts.updated, named(PERIODS, texts.periods))}
          <Button variant="subtle" onClick={() => onChange(NO_FILTERS)}>
            {texts.reset}
          </Button>
        </Group>
      </Collapse>
    </>
  );
}

export const NO_FILTERS: CatalogSearch = {
  search: undefined,
  source: undefined,
  place: undefined,
  kind: undefined,
  transport: undefined,
  tag: undefined,
  status: undefined,
  days: undefined,
};

function named<Value extends string>(values: readonly Value[], names: Readonly<Record<Value, string>>): Option[] {
  return values.map((value) => ({ value, label: names[value] }));
}

function Filter({
  label,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}): ReactElement {
  // A value from the URL stays selected, even if no server has it.
  const isOffered = value === undefined || options.some((option) => option.value === value);
  return (
    <Select
      className={classes.filter}
      label={label}
      placeholder={texts.any}
      data={isOffered ? [...options] : [...options, { value, label: visibleText(value, 60) }]}
      value={value ?? null}
      searchable={options.length > 8}
      clearable
      onChange={(chosen) => onChange(chosen ?? undefined)}
    />
  );
}
