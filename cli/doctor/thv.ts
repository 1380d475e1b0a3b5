/** ToolHive (`thv`): reads the whole registry, one server per page, before it answers anything. */
import { isJsonObject, memberOf } from '../../registry/json.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { cursorOf, isJson, itemsOf, type Probe } from './probe.ts';
import { accessFinding, contentTypeProblem, detailFindings, nameOf, packagesOf, walk } from './registry-clients.ts';

const CLIENT = 'thv';
const PROBE_MS = 5000;
/** `thv` allows this time for reading all pages one after another, each with one server. */
const WALK_MS = 10_000;
const MAX_SERVERS = 10_000;
const SAMPLE = 20;

export async function checkThv({ withToken }: Probe): Promise<Finding[]> {
  const first = await withToken('/v0.1/servers?limit=1&version=latest');
  if (first.status !== 200 || itemsOf(first) === undefined) return [accessFinding(first, CLIENT)];
  if (!isJson(first) || !isJsonObject(first.json?.['metadata'])) return [contentTypeProblem(first, CLIENT)];
  const query = 'limit=100&version=latest';
  const walked = await walk(withToken, { query, maxPages: MAX_SERVERS / 100 + 1, client: CLIENT });
  const count = walked.items.length;
  const shown = walked.items.filter(isShown);
  const name = nameOf(shown[0] ?? walked.items[0]);
  return [
    first.milliseconds < PROBE_MS
      ? ok('`thv config set-registry` accepts the address')
      : problem(`The first page took ${Math.round(first.milliseconds)} ms; thv waits ${PROBE_MS}`, SLOW),
    ...(walked.finding === undefined ? [] : [walked.finding]),
    count <= MAX_SERVERS
      ? ok(`${count} servers are within the limit of ${MAX_SERVERS}`)
      : problem(`thv refuses a registry with more than ${MAX_SERVERS} servers`, FILTER),
    await walkFinding(withToken, count),
    ...(shown.length < count ? [hiddenFinding(shown.length, count)] : []),
    ...(name === undefined ? [] : await detailFindings(withToken, name, CLIENT)),
  ];
}

const SLOW = 'find the cause with `rollcall status`';
const FILTER = 'filter the sources of this registry';

function isShown(item: unknown): boolean {
  const { remotes } = memberOf(item, 'server');
  const hasRemote = Array.isArray(remotes) && remotes.length > 0;
  return hasRemote || packagesOf(item).filter(({ registryType }) => registryType === 'oci').length === 1;
}

function hiddenFinding(shown: number, count: number): Finding {
  return warning(
    `thv shows ${shown} of ${count}: those with a remote, or with exactly one oci package`,
    'offer the others as containers or remotes',
  );
}

/** Measures a sample of the pages that every `thv registry list` reads, and extrapolates. */
async function walkFinding(ask: Probe['withToken'], count: number): Promise<Finding> {
  const start = performance.now();
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await ask(`/v0.1/servers?limit=1&version=latest${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    cursor = cursorOf(page);
    pages += 1;
  } while (cursor !== undefined && pages < SAMPLE);
  const expected = Math.round(((performance.now() - start) / pages) * count);
  const what = `Reading the servers one by one, as thv does each time, takes about ${expected} ms of ${WALK_MS}`;
  return expected < WALK_MS ? ok(what) : problem(what, `${FILTER}, or point thv at upstream-registry.json`);
}
