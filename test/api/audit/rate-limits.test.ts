import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestDatabase } from '../../environment.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { createRegistries, oauth } from '../access/protected-api.ts';
import { type RunningApi, startApi } from '../running-api.ts';
import { AUDIT, recorded } from './recorded.ts';

const LIMITS = { writesPerMinute: 5, failedAuthenticationsPerMinute: 3 };

let provider: IdentityProvider;
let registries: TestDatabase;
let api: RunningApi;
beforeAll(async () => {
  [provider, registries] = await Promise.all([startIdentityProvider(), createRegistries()]);
});
afterAll(() => Promise.all([provider.stop(), registries.drop()]));
beforeEach(async () => {
  api = await startApi(registries, {
    auth: oauth(provider),
    audit: AUDIT,
    rateLimits: LIMITS,
    trustedProxies: ['127.0.0.1'],
  });
});
afterEach(() => api.stop());

const bearer = async (sub: string): Promise<string> => `Bearer ${await provider.token({ sub })}`;

interface Sent {
  readonly authorization: string;
  readonly address?: string;
}

const headersOf = ({ authorization, address = '198.51.100.1' }: Sent): Record<string, string> => ({
  authorization,
  'x-forwarded-for': address,
});
const write = (sent: Sent): Promise<Response> =>
  api.send('PATCH', '/v0.1/servers/com.example%2Fmain/status', { body: {}, headers: headersOf(sent) });
const read = (sent: Sent): Promise<Response> => api.get('/v0.1/servers?limit=1', { headers: headersOf(sent) });

/** The statuses of a number of answers in a row. */
async function statuses(count: number, ask: () => Promise<Response>): Promise<number[]> {
  const found = [];
  for (let index = 0; index < count; index++) found.push((await ask()).status);
  return found;
}

async function limited(): Promise<readonly unknown[]> {
  await api.stop();
  return (await recorded(registries.database)).filter(({ action }) => action === 'request.limited');
}

describe('changes', () => {
  test('are limited per caller, wherever they come from, without affecting others', async () => {
    const [ada, bob] = [await bearer('ada'), await bearer('bob')];
    let address = 0;
    const fromAnywhere = (): Promise<Response> => write({ authorization: ada, address: `198.51.100.${address++}` });
    expect(await statuses(7, fromAnywhere)).toEqual([...Array<number>(5).fill(400), 429, 429]);
    expect(await statuses(1, () => write({ authorization: bob }))).toEqual([400]);
  });

  test('beyond the limit are told when to retry', async () => {
    const authorization = await bearer('carol');
    await statuses(5, () => write({ authorization }));
    const response = await write({ authorization });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await response.json()).toEqual({
      error: expect.stringMatching(/^More than 5 changes a minute: try again in \d+ seconds$/) as string,
    });
  });

  test('without authentication are limited per address', async () => {
    const open = await startApi(registries, { rateLimits: LIMITS, trustedProxies: ['127.0.0.1'] });
    const from = (address: string) => async (): Promise<Response> =>
      await open.send('POST', '/v0.1/publish', { body: {}, headers: { 'x-forwarded-for': address } });
    expect((await statuses(6, from('198.51.100.1'))).at(-1)).toBe(429);
    expect(await statuses(1, from('198.51.100.2'))).not.toContain(429);
    await open.stop();
  });

  test('don’t count reads', async () => {
    const authorization = await bearer('dora');
    expect(new Set(await statuses(50, () => read({ authorization })))).toEqual(new Set([200]));
    expect(await statuses(1, () => write({ authorization }))).toEqual([400]);
  });
});

describe('tokens that are refused', () => {
  const wrong = { authorization: 'Bearer nonsense', address: '203.0.113.1' };

  test('are limited per address, including reads', async () => {
    expect(await statuses(5, () => read(wrong))).toEqual([401, 401, 401, 429, 429]);
    const response = await read(wrong);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ error: expect.stringContaining('were refused') as string });
    expect(await statuses(1, () => read({ ...wrong, address: '203.0.113.2' }))).toEqual([401]);
  });

  test('don’t lock out valid tokens from the same address, new or known', async () => {
    const known = await bearer('known');
    await read({ authorization: known, address: wrong.address });
    await statuses(10, () => read(wrong));
    for (const authorization of [known, await bearer('new')]) {
      expect((await read({ authorization, address: wrong.address })).status).toBe(200);
    }
  });

  test('are not the same as missing tokens', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    expect(new Set(await statuses(10, () => api.get('/v0.1/servers', { headers })))).toEqual(new Set([401]));
  });
});

test('a sender who is limited is recorded once a minute', async () => {
  const before = (await limited()).length;
  api = await startApi(registries, { auth: oauth(provider), audit: AUDIT, rateLimits: LIMITS });
  const authorization = await bearer('eve');
  await statuses(20, () => write({ authorization }));
  const events = (await limited()).slice(before);
  expect(events).toMatchObject([
    {
      outcome: 'denied',
      subject: 'eve',
      target: { kind: 'request', name: 'PATCH /v0.1/servers/com.example%2Fmain/status' },
      detail: { status: 429 },
      count: 1,
    },
  ]);
});

test('an address is only believed if a trusted proxy reports it', async () => {
  const direct = await startApi(registries, { auth: oauth(provider), audit: AUDIT });
  await direct.get('/v0.1/servers', { headers: { 'x-forwarded-for': '198.51.100.77' } });
  await direct.stop();
  expect((await recorded(registries.database)).at(-1)).toMatchObject({ sourceAddress: '127.0.0.1' });
});
