/** Recently changed entries, to recognize them when they are listed again. */
import { createHash } from 'node:crypto';
import type { FoundDraft } from '../../registry/document/found-entries.ts';

export class RecentEntries {
  readonly #digests = new Map<string, string>();

  /** If an entry is listed twice, the later one counts. */
  add(found: readonly FoundDraft[]): void {
    for (const { draft } of found) {
      const digest = createHash('sha256').update(JSON.stringify(draft)).digest('base64');
      this.#digests.set(JSON.stringify([draft.name, draft.version]), digest);
    }
  }

  /** The digest doesn't depend on the order of the entries. */
  digest(): string {
    const lines = [...this.#digests].map(([key, digest]) => `${key} ${digest}\n`).sort();
    return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 32);
  }
}
