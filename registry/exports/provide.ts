/** Fills a file that gives servers to users: for each server, the first way to reach or run it that the client can express. */
import type { Launch } from './form/launch.ts';
import type { Remote, ServerForm } from './form/server-form.ts';
import {
  attempt,
  type Catalog,
  type CatalogServer,
  type ExportMode,
  LeftOut,
  leftOut,
  type ReportLine,
  retirement,
} from './target.ts';
import { scopedVariable } from './syntax.ts';
import { inputsOf, type Template } from './form/template.ts';

/** How a client writes a remote and a launch. Both throw LeftOut for what it can't express. */
export interface Writer<Entry> {
  readonly remote: (remote: Remote, server: ServerForm) => Entry;
  readonly launch: (launch: Launch, server: ServerForm) => Entry;
}

interface Provided<Entry> {
  readonly server: ServerForm;
  readonly entry: Entry;
}

export interface Provision<Entry> {
  /** In the order of the servers' names. */
  readonly provided: readonly Provided<Entry>[];
  readonly report: readonly ReportLine[];
}

export function provideEach<Entry>(catalog: Catalog, writer: Writer<Entry>): Provision<Entry> {
  const ambiguous = ambiguousVariables(catalog);
  const provided: Provided<Entry>[] = [];
  const report = catalog.map((server): ReportLine => {
    const outcome = attempt(() => firstWay(server, writer, ambiguous));
    if ('reason' in outcome) return leftOut(server.name, outcome.reason.split('\n'));
    const { form, way, entry } = outcome.value;
    provided.push({ server: form, entry });
    return { name: server.name, included: true, versions: [form.version], denied: false, notes: notesOn(form, way) };
  });
  return { provided, report };
}

interface Way<Entry> {
  readonly form: ServerForm;
  readonly way: Remote | Launch;
  readonly entry: Entry;
}

function firstWay<Entry>(server: CatalogServer, writer: Writer<Entry>, ambiguous: ReadonlySet<string>): Way<Entry> {
  const form = server.current;
  if (form === null) throw new LeftOut(retirement(server) ?? 'it has no version');
  if (ambiguous.has(server.name)) throw new LeftOut('its variables have the same names as those of another server');
  const reasons: string[] = [];
  for (const way of [...form.remotes, ...form.launches]) {
    const written = attempt(() => ('url' in way ? writer.remote(way, form) : writer.launch(way, form)));
    if ('value' in written) return { form, way, entry: written.value };
    reasons.push(written.reason);
  }
  throw new LeftOut([...reasons, ...form.omitted, ...nothingToRun(form)].join('\n'));
}

function nothingToRun({ remotes, launches, omitted }: ServerForm): string[] {
  return remotes.length + launches.length + omitted.length === 0 ? ['it has neither a package nor a remote'] : [];
}

function notesOn(form: ServerForm, way: Remote | Launch): string[] {
  const inputs = [
    ...new Set(
      templatesOf(way)
        .flatMap(inputsOf)
        .map(({ id }) => id),
    ),
  ];
  return [
    ...(inputs.length > 0 ? [`each user provides ${inputs.join(', ')}`] : []),
    ...(way.unset.length > 0 ? [`optional and not set: ${way.unset.join(', ')}`] : []),
    ...('registryBaseUrl' in way && way.registryBaseUrl !== undefined
      ? [`fetched from the package registry that the client is configured for; the entry names ${way.registryBaseUrl}`]
      : []),
    ...(form.remotes.length + form.launches.length > 1 ? ['the first way to run or reach it is used'] : []),
  ];
}

function templatesOf(way: Remote | Launch): readonly Template[] {
  return 'url' in way
    ? [way.url, ...way.headers.map(({ value }) => value)]
    : [...way.args, ...way.environment.map(({ value }) => value)];
}

/** Servers whose names differ only in punctuation could be sent each other's tokens. */
function ambiguousVariables(catalog: Catalog): ReadonlySet<string> {
  const owners = new Map<string, string[]>();
  for (const { name, current } of catalog) {
    const ways = current === null ? [] : [...current.remotes, ...current.launches];
    const ids = ways
      .flatMap(templatesOf)
      .flatMap(inputsOf)
      .map(({ id }) => id);
    for (const variable of new Set(ids.map((id) => scopedVariable(name, id)))) {
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
