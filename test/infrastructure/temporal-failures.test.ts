import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuthority } from '../certificate-authority.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { connectTemporal, pingTemporal } from '../../temporal/connect.ts';
import { describeTemporalFailure } from '../../temporal/connection-failure.ts';

test('a certificate that can’t be read any longer is the explanation while Temporal is unavailable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-tls-'));
  const caFile = join(folder, 'authority.pem');
  await writeFile(caFile, (await createAuthority()).certificate);
  const server = { address: '127.0.0.1:1', namespace: 'default', taskQueue: 'rollcall', tls: { caFile } };
  const temporal = await connectTemporal(server, startTelemetry());
  try {
    const error: unknown = await pingTemporal(temporal.client).catch((reason: unknown) => reason);
    await rm(caFile);
    expect(await describeTemporalFailure(error, server)).toContain(
      `Temporal at 127.0.0.1:1 can't be used: the file ${caFile} (\`temporal.tls.caFile\`) does not exist`,
    );
  } finally {
    await temporal.close();
    await rm(folder, { recursive: true });
  }
});
