/** VS Code with `chat.mcp.gallery.serviceUrl`: anonymous, from the origin of the editor, 50 servers per page. */
import { type Finding, ok, problem, warning } from './finding.ts';
import { isJson, itemsOf, type Probe } from './probe.ts';
import {
  accessFinding,
  addressFinding,
  contentTypeProblem,
  detailFindings,
  malformedItems,
  nameOf,
  walk,
} from './registry-clients.ts';

const CLIENT = 'VS Code';
const ORIGIN = 'vscode-file://vscode-app';
const MAX_PAGES = 20;

export async function checkVscode({ base, anonymously }: Probe): Promise<Finding[]> {
  const ask: Probe['anonymously'] = (path, init) => anonymously(path, { ...init, headers: { origin: ORIGIN } });
  const address = addressFinding(base, CLIENT);
  const first = await ask('/v0.1/servers?limit=1');
  if (first.status < 200 || first.status > 299) return [address, accessFinding(first, CLIENT)];
  if (!isJson(first)) return [address, contentTypeProblem(first, CLIENT)];
  const walked = await walk(ask, { query: 'limit=50&version=latest', maxPages: MAX_PAGES, client: CLIENT });
  const name = walked.items.map(nameOf).find((found) => found !== undefined);
  const isCut = !walked.isComplete && walked.finding === undefined;
  return [
    address,
    ok('The registry can be read without a token'),
    corsFinding(first.headers.get('access-control-allow-origin')),
    ...(walked.finding === undefined ? [] : [walked.finding]),
    itemFinding(walked.items),
    ...(isCut
      ? [warning(`Users scroll through more than ${MAX_PAGES * 50} servers`, 'filter the sources of this registry')]
      : []),
    ...(name === undefined ? [] : [...(await detailFindings(ask, name, CLIENT)), await searchFinding(ask, name)]),
  ];
}

function corsFinding(allowed: string | null): Finding {
  if (allowed === '*' || allowed === ORIGIN) return ok('The editor can read it (CORS)');
  return problem(
    `Access-Control-Allow-Origin is ${allowed ?? 'missing'}: VS Code shows "Failed to fetch"`,
    'let proxies pass the header that Rollcall sends',
  );
}

function itemFinding(items: readonly unknown[]): Finding {
  if (items.length === 0) return warning('The registry has no servers', 'publish one, or add a source');
  const malformed = malformedItems(items);
  if (malformed.length === 0) return ok(`${items.length} servers are shown`);
  return problem(
    `VS Code skips ${malformed.join(', ')}: a name, a version, or a description is missing`,
    'correct them at their source',
  );
}

async function searchFinding(ask: Probe['anonymously'], name: string): Promise<Finding> {
  const answer = await ask(`/v0.1/servers?limit=50&version=latest&search=${encodeURIComponent(name)}`);
  const isFound = itemsOf(answer)?.some((item) => nameOf(item) === name) === true;
  if (isFound) return ok('Search finds a server by its name');
  return problem('Search does not find a server by its name', 'check whether a proxy changes the query');
}
