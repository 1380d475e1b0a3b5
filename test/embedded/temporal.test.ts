import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmbeddedTemporal } from '../../embedded/temporal.ts';
import { findTemporalBinary } from '../../embedded/temporal-binary.ts';

test('a Temporal server whose data is damaged doesn’t start, and the error says what to delete', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-temporal-'));
  await writeFile(join(directory, 'temporal.db'), 'this is not a database of SQLite'.repeat(1000));
  try {
    await expect(
      startEmbeddedTemporal({ binary: await findTemporalBinary(), directory, keepData: true }),
    ).rejects.toThrow(`If its data is damaged, delete ${directory}: all entries and pauses are kept. The end of`);
  } finally {
    await rm(directory, { recursive: true });
  }
});
