/** Publishes like a script in CI: repeats the same document until the server confirms it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';

const ANSWER_DEADLINE_MS = 15_000;
const RETRY_MS = 100;

export class Publisher {
  readonly #installation: Pick<Installation, 'url' | 'query'>;
  readonly #confirmed: string[] = [];
  #count = 0;

  constructor(installation: Pick<Installation, 'url' | 'query'>) {
    this.#installation = installation;
  }

  /** A name that was not published yet. */
  newName(): string {
    this.#count++;
    return `com.example.published/server-${this.#count}`;
  }

  /** Publishes once. Returns whether the server confirms the publication, now or from before. */
  async tryOnce(name: string): Promise<boolean> {
    const response = await fetch(`${this.#installation.url}/v0.1/publish`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(documentOf(name)),
      signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
    });
    const text = await response.text();
    const published = response.ok || response.status === 409;
    if (!published && response.status < 500) throw new Error(`publishing ${name}: ${response.status} ${text}`);
    if (published) this.#confirmed.push(name);
    return published;
  }

  /** Publishes until it is published. */
  async publish(name: string, deadline: number): Promise<void> {
    for (;;) {
      if (await this.tryOnce(name).catch(() => false)) return;
      if (Date.now() > deadline) throw new Error(`${name} could not be published`);
      await delay(RETRY_MS);
    }
  }

  /** Confirmed names that are missing, or that exist more than once. */
  async findViolations(): Promise<string[]> {
    const rows = await this.#installation.query<{ name: string; count: number }>(
      `select entry.name, count(*)::integer as count
       from entry join source on source.id = entry.source_id
       where source.name = 'published' and status = 'active' group by entry.name`,
    );
    const found = new Map(rows.map((row) => [row.name, row]));
    return [...new Set(this.#confirmed)].flatMap((name) => {
      const row = found.get(name);
      if (row === undefined) return [`lost: ${name} was confirmed and is gone`];
      return row.count === 1 ? [] : [`doubled: ${name} is there ${row.count} times`];
    });
  }
}

function documentOf(name: string): unknown {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name,
    description: `What ${name} is`,
    version: '1.0.0',
  };
}
