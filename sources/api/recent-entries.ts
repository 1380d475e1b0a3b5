/** What changed a short while ago, to be known again when it is listed another time. */
import { createHash } from 'node:crypto';
import type { FoundDraft } from '../../registry/document-reader.ts';

export class RecentEntries {
  readonly #digests = new Map<string, string>();

  /** An entry that comes a second time counts as it came last. */
  add(found: readonly FoundDraft[]): void {
    for (const { draft } of found) {
      const digest = createHash('sha256').update(JSON.stringify(draft)).digest('base64');
      this.#digests.set(JSON.stringify([draft.name, draft.version]), digest);
    }
  }

  /** The same for the same entries, in whatever order they came. */
  digest(): string {
    const lines = [...this.#digests].map(([key, digest]) => `${key} ${digest}\n`).sort();
    return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 32);
  }
}
