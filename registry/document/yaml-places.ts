/** Finds values of a YAML document by their paths. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml';

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
