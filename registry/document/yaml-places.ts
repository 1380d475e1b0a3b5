/** Finds values of a YAML document by their paths, and converts a document to one. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, visit } from 'yaml';

/** The offset in the text of the key or value at a path, or of its nearest existing parent. */
export function offsetOf(document: Document, path: readonly PropertyKey[], part: 'key' | 'value'): number {
  let key: Node | undefined;
  let value: Node | undefined = nodeOf(document.contents);
  for (const segment of path) {
    const parent: Node | undefined = isAlias(value) ? value.resolve(document) : value;
    const child = childOf(parent, segment);
    if (child === undefined) return startOf(key ?? value);
    key = child.key;
    value = child.value ?? child.key;
  }
  return startOf(part === 'key' ? (key ?? value) : value);
}

function childOf(parent: Node | undefined, segment: PropertyKey): { key?: Node; value?: Node } | undefined {
  if (isSeq(parent)) {
    const item = nodeOf(parent.items[Number(segment)]);
    return item && { value: item };
  }
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(segment));
  const key = nodeOf(pair?.key);
  const value = nodeOf(pair?.value);
  return pair && { ...(key && { key }), ...(value && { value }) };
}

function nodeOf(candidate: unknown): Node | undefined {
  return isNode(candidate) ? candidate : undefined;
}

/** The offset of a node; 0 if there is none. */
export function startOf(node: Node | undefined): number {
  return node?.range?.[0] ?? 0;
}

/**
 * The value of a document, without cycles.
 *
 * @param text what the document was parsed from
 * @param maxAliasCount how often aliases can be expanded. Default: that of the library, 100
 * @throws Error for too many or unresolvable aliases, and for one that contains itself, such as `a: &a [*a]`
 */
export function valueOf(document: Document, text: string, maxAliasCount?: number): unknown {
  // Most documents have no alias, and visiting all nodes takes longer than the conversion.
  if (text.includes('*')) refuseCycles(document);
  return document.toJS(maxAliasCount === undefined ? {} : { maxAliasCount });
}

function refuseCycles(document: Document): void {
  const anchors = new Map<string, unknown>();
  visit(document, {
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_, { source }, ancestors) => {
      if (ancestors.some((ancestor) => ancestor === anchors.get(source))) {
        throw new Error(`the alias *${source} contains itself`);
      }
    },
  });
}
