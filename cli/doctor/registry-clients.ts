/** Checks shared by all clients that read a registry. */
import { isJsonObject, type JsonObject, memberOf, textOf } from '../../registry/json.ts';
import { isLoopbackHost } from '../../registry/loopback.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { type Answer, cursorOf, isJson, itemsOf, type Probe, statusText } from './probe.ts';

/** The reason why the server would refuse a client, and the setting to change. */
export function accessFinding(answer: Answer, client: string): Finding {
  if (answer.status === 401 || answer.status === 403) {
    return problem(
      `The registry answers ${answer.status} without a token, and ${client} sends none`,
      'set `access: public` for this registry',
    );
  }
  if (answer.status === 404) {
    return problem(
      'There is no registry at this address (404)',
      'check --registry, and enter the base URL without /v0.1',
    );
  }
  return problem(`The registry ${statusText(answer)}`, 'check --server, and see `rollcall status`');
}

export function addressFinding(base: string, client: string): Finding {
  const { protocol, hostname } = new URL(base);
  if (protocol === 'https:') return ok(`${base} is an https URL`);
  if (isLoopbackHost(hostname)) {
    return warning(`${base} can only be reached from this machine`, 'serve it over https for other machines');
  }
  return problem(
    `${base} is not an https URL, which ${client} requires`,
    'put a reverse proxy with a certificate in front',
  );
}

/** The items of a limited number of pages, and the reason if the walk ended early. */
export interface Walk {
  readonly items: readonly unknown[];
  readonly isComplete: boolean;
  readonly finding?: Finding;
}

export async function walk(
  ask: Probe['anonymously'],
  { query, maxPages, client }: { readonly query: string; readonly maxPages: number; readonly client: string },
): Promise<Walk> {
  const items: unknown[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    // Cursors are sent as they are: clients don't encode them.
    const answer = await ask(`/v0.1/servers?${query}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    const page = answer.status === 200 ? itemsOf(answer) : undefined;
    if (page === undefined) return { items, isComplete: false, finding: accessFinding(answer, client) };
    if (!isJson(answer)) return { items, isComplete: false, finding: contentTypeProblem(answer, client) };
    items.push(...page);
    cursor = cursorOf(answer);
    if (cursor === undefined) return { items, isComplete: true };
    if (!/^[\w.~-]+$/.test(cursor)) {
      const finding = problem('The cursor has characters that a URL changes', 'check proxies that rewrite bodies');
      return { items, isComplete: false, finding };
    }
  }
  return { items, isComplete: false };
}

export function contentTypeProblem({ headers }: Answer, client: string): Finding {
  return problem(
    `The answer has ${headers.get('content-type') ?? 'no'} content type, but ${client} accepts only application/json`,
    'check what a proxy in front of the server answers',
  );
}

/** Names of items that a client would skip. */
export function malformedItems(items: readonly unknown[]): readonly string[] {
  return items.flatMap((item, index) => {
    const server = memberOf(item, 'server');
    const isComplete = ['name', 'description', 'version'].every((member) => textOf(server[member]) !== undefined);
    const isWhole = isComplete && isJsonObject(item) && isJsonObject(item['_meta']);
    return isWhole ? [] : [textOf(server['name']) ?? `item ${index + 1}`];
  });
}

export function nameOf(item: unknown): string | undefined {
  return textOf(memberOf(item, 'server')['name']);
}

export function packagesOf(item: unknown): readonly JsonObject[] {
  const packages = memberOf(item, 'server')['packages'];
  return Array.isArray(packages) ? packages.filter(isJsonObject) : [];
}

/** Requests an existing name, as all of these clients do, and then a name that doesn't exist. */
export async function detailFindings(ask: Probe['anonymously'], name: string, client: string): Promise<Finding[]> {
  const pathOf = (server: string): string => `/v0.1/servers/${encodeURIComponent(server)}/versions/latest`;
  const detail = await ask(pathOf(name));
  const unknown = await ask(pathOf('com.example.rollcall-doctor/unknown'));
  const isFound = detail.status === 200 && textOf(memberOf(detail.json, 'server')['name']) === name;
  return [
    isFound
      ? ok(`${name} is found by its name`)
      : problem(
          `${name} is listed, but looking it up ${statusText(detail)}`,
          'a proxy may decode %2F in paths: make it pass the path on unchanged',
        ),
    unknown.status === 404
      ? ok('An unknown name is answered with 404')
      : problem(
          `An unknown name ${statusText(unknown)}; ${client} accepts only 404 as "not approved"`,
          'check what a proxy in front of the server answers',
        ),
  ];
}
