/** Finds the pattern of a request's path, for metrics, logs, and traces: `/v0.1/servers/{server}`. */

/** Paths without a pattern share this one, so that the number of series is bounded, whatever clients request. */
const OTHER_ROUTE = '(other)';

interface Node {
  readonly children: Map<string, Node>;
  parameter: { readonly node: Node; readonly isServer: boolean } | undefined;
  /** The pattern that ends here, or that matches the rest of the path. */
  pattern: string | undefined;
  isWildcard: boolean;
}

const ANY_REST = /\{?\/\*\w+\}?$/;

/** The name of a server contains one slash, which clients can send without encoding. */
const SERVER_PARAMETER = 'server';

/**
 * @param patterns in Express's syntax, with parameters such as `:server`, and `/*path` or `{/*path}` at the end for any rest
 */
export function routePatterns(patterns: Iterable<string>): (path: string) => string {
  const root = newNode();
  for (const pattern of patterns) add(root, pattern);
  return (path) => find(root, segmentsOf(path), 0) ?? OTHER_ROUTE;
}

function newNode(): Node {
  return { children: new Map(), parameter: undefined, pattern: undefined, isWildcard: false };
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function add(root: Node, given: string): void {
  const fixed = given.replace(ANY_REST, '');
  const pattern = fixed.replaceAll(/:(\w+)/g, '{$1}');
  let node = root;
  for (const segment of segmentsOf(pattern)) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name === undefined) {
      const child: Node = node.children.get(segment) ?? newNode();
      node.children.set(segment, child);
      node = child;
    } else {
      node.parameter ??= { node: newNode(), isServer: name === SERVER_PARAMETER };
      node = node.parameter.node;
    }
  }
  node.isWildcard ||= fixed !== given;
  node.pattern ??= pattern === '' ? '/' : pattern;
}

function find(node: Node, segments: readonly string[], index: number): string | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.pattern;
  const child = node.children.get(segment);
  const found = child === undefined ? undefined : find(child, segments, index + 1);
  if (found !== undefined) return found;
  const { parameter } = node;
  const byParameter =
    parameter === undefined
      ? undefined
      : (find(parameter.node, segments, index + 1) ??
        (parameter.isServer && index + 1 < segments.length ? find(parameter.node, segments, index + 2) : undefined));
  return byParameter ?? (node.isWildcard ? node.pattern : undefined);
}
