/** The URLs and the whole commands of a server that an allowlist compares, and those that must be denied. */
import type { ServerForm } from './form/server-form.ts';
import { type Syntax, writeTemplate } from './syntax.ts';
import {
  attempt,
  type Catalog,
  type CatalogServer,
  type ExportVersions,
  LeftOut,
  leftOut,
  type ReportLine,
} from './target.ts';
import type { Template } from './form/template.ts';

export type Identity = { readonly url: string } | { readonly command: readonly string[] };

export interface Allowance {
  readonly allowed: readonly { readonly name: string; readonly identities: readonly Identity[] }[];
  /** The identities of retired versions, without those that an active version has as well. */
  readonly denied: readonly Identity[];
  readonly report: readonly ReportLine[];
}

/** Users' values are not part of an identity, so one with an input can't be listed. */
const LITERAL: Syntax = {
  input: ({ id }, { what }) => {
    throw new LeftOut(`${what} depends on ${id}, which each user fills in, and the client compares the whole text`);
  },
  reserved: /\$(?:\w|\{)/,
};

export function allowEach(catalog: Catalog, versions: ExportVersions): Allowance {
  const listed = catalog.map((server) => ({ server, ...identitiesOf(approvedOf(server, versions)) }));
  const allowedKeys = new Set(
    // Including those that are not listed: a version in use must not be denied because another one is retired.
    catalog.flatMap(({ active }) => identitiesOf(active).identities.map(keyOf)),
  );
  const denied = new Map<string, Identity>();
  const report = listed.map(({ server, identities, reasons, included }): ReportLine => {
    const retired = identitiesOf(server.retired).identities.filter((identity) => !allowedKeys.has(keyOf(identity)));
    for (const identity of retired) denied.set(keyOf(identity), identity);
    const isDenied = retired.length > 0;
    if (identities.length > 0) {
      return { name: server.name, included: true, versions: included, denied: isDenied, notes: reasons };
    }
    return leftOut(
      server.name,
      server.active.length === 0 ? ['every version is deprecated or deleted'] : reasons,
      isDenied,
    );
  });
  return {
    allowed: listed
      .filter(({ identities }) => identities.length > 0)
      .map(({ server, identities }) => ({ name: server.name, identities })),
    denied: [...denied].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, identity]) => identity),
    report,
  };
}

export function approvedOf(server: CatalogServer, versions: ExportVersions): readonly ServerForm[] {
  if (versions === 'all') return server.active;
  return server.current === null ? [] : [server.current];
}

interface Identities {
  readonly identities: readonly Identity[];
  readonly reasons: readonly string[];
  /** Versions that have an identity. */
  readonly included: readonly string[];
}

/** The identities of several versions, each once. */
function identitiesOf(forms: readonly ServerForm[]): Identities {
  const found = new Map<string, Identity>();
  const reasons = new Set<string>();
  const included: string[] = [];
  for (const form of forms) {
    const ways = [
      ...form.remotes.map(({ url }) => attempt((): Identity => ({ url: urlOf(url, form.name) }))),
      ...form.launches.flatMap(({ command, args, galleryArgs }) =>
        [args, galleryArgs]
          .filter((list) => list !== undefined)
          .map((list) =>
            attempt((): Identity => ({
              command: [
                command,
                ...list.map((word) => writeTemplate(word, LITERAL, { server: form.name, what: 'its command' })),
              ],
            })),
          ),
      ),
    ];
    const written = ways.flatMap((way) => ('value' in way ? [way.value] : []));
    for (const way of ways) if ('reason' in way) reasons.add(way.reason);
    for (const reason of form.omitted) reasons.add(reason);
    if (ways.length + form.omitted.length === 0) reasons.add('it has neither a package nor a remote');
    for (const identity of written) found.set(keyOf(identity), identity);
    if (written.length > 0) included.push(form.version);
  }
  return { identities: [...found.values()], reasons: [...reasons], included };
}

function urlOf(url: Template, server: string): string {
  const text = writeTemplate(url, LITERAL, { server, what: 'its URL' });
  if (text.includes('*')) throw new LeftOut('its URL contains *, which the client reads as a wildcard');
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw new LeftOut('its URL is not an absolute http(s) URL');
  return text;
}

function keyOf(identity: Identity): string {
  return 'url' in identity ? `url ${identity.url}` : `command ${JSON.stringify(identity.command)}`;
}

/** An entry of `allowedMcpServers` and `deniedMcpServers`, which has the same form in Copilot and Claude Code. */
export function matcherOf(identity: Identity): object {
  return 'url' in identity ? { serverUrl: identity.url } : { serverCommand: identity.command };
}
