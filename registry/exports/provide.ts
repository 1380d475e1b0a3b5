/** Fills a file that gives servers to users: for each server, the first way to reach or run it that the client can express. */
import type { Launch } from './form/launch.ts';
import { inputsOfWay, type Remote, type ServerForm } from './form/server-form.ts';
import { scopedVariable } from './syntax.ts';
import { type Catalog, type ExportMode, leftOut, type ReportLine, retirement } from './target.ts';
import { firstWay, type Writer } from './writers.ts';

interface Provided<Entry> {
  readonly server: ServerForm;
  readonly entry: Entry;
}

export interface Provision<Entry> {
  /** The entries, in the order of the servers' names. */
  readonly provided: readonly Provided<Entry>[];
  readonly report: readonly ReportLine[];
}

export function provideEach<RemoteEntry, LaunchEntry>(
  catalog: Catalog,
  writer: Writer<RemoteEntry, LaunchEntry>,
): Provision<RemoteEntry | LaunchEntry> {
  const ambiguous = ambiguousVariables(catalog);
  const provided: Provided<RemoteEntry | LaunchEntry>[] = [];
  const report = catalog.map((server): ReportLine => {
    const { name, current: form } = server;
    if (form === null) return leftOut(name, [retirement(server)]);
    if (ambiguous.has(name)) return leftOut(name, ['its variables have the same names as those of another server']);
    const first = firstWay(form, writer);
    if ('reasons' in first) return leftOut(name, first.reasons);
    provided.push({ server: form, entry: first.entry });
    return { name, included: true, versions: [form.version], denied: false, notes: notesOn(form, first.way) };
  });
  return { provided, report };
}

function notesOn(form: ServerForm, way: Remote | Launch): string[] {
  const inputs = new Set(inputsOfWay(way).map(({ id }) => id));
  return [
    ...(inputs.size > 0 ? [`each user provides ${[...inputs].join(', ')}`] : []),
    ...(way.unset.length > 0 ? [`optional and not set: ${way.unset.join(', ')}`] : []),
    ...('registryBaseUrl' in way && way.registryBaseUrl !== undefined
      ? [`fetched from the package registry that the client is configured for; the entry names ${way.registryBaseUrl}`]
      : []),
    ...(form.remotes.length + form.launches.length > 1 ? ['the first way to run or reach it is used'] : []),
  ];
}

/** Servers whose names differ only in punctuation could be sent each other's tokens. */
function ambiguousVariables(catalog: Catalog): ReadonlySet<string> {
  const owners = new Map<string, string[]>();
  for (const { name, current } of catalog) {
    const ways = current === null ? [] : [...current.remotes, ...current.launches];
    for (const variable of new Set(ways.flatMap(inputsOfWay).map(({ id }) => scopedVariable(name, id)))) {
      owners.set(variable, [...(owners.get(variable) ?? []), name]);
    }
  }
  return new Set([...owners.values()].filter((names) => names.length > 1).flat());
}

/** The report of a file that gives users servers, allows servers, or does both. Denials come from the allowlist. */
export function bothReports(
  mode: ExportMode,
  provided: readonly ReportLine[],
  allowed: readonly ReportLine[],
): readonly ReportLine[] {
  return provided.map((line, index) => {
    const other = allowed[index]!;
    const { denied } = other;
    if (mode === 'allow') return other;
    if (mode === 'provide') return { ...line, denied };
    return {
      name: line.name,
      included: line.included || other.included,
      versions: [...new Set([...line.versions, ...other.versions])],
      denied,
      notes: [
        ...line.notes.map((note) => (line.included ? note : `not provided: ${note}`)),
        ...other.notes.map((note) => `allowlist: ${note}`),
      ],
    };
  });
}
