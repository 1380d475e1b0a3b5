import { expectTypeOf, test } from 'vitest';
import type { ClusterRequest } from '../../kubernetes/cluster.ts';
import type { Exchange } from '../../outbound/exchange.ts';

test('content is only sent with a method that takes it', () => {
  type Asked = Pick<ClusterRequest, 'path' | 'what' | 'signal'>;
  type Sent = Pick<Exchange, 'url' | 'dispatcher' | 'timeoutMs' | 'signal'>;
  interface Content {
    readonly content: { readonly json: unknown; readonly type: string };
  }
  expectTypeOf<Asked>().toExtend<ClusterRequest>();
  expectTypeOf<Asked & Content & { method: 'PATCH' }>().toExtend<ClusterRequest>();
  expectTypeOf<Asked & Content>().not.toExtend<ClusterRequest>();
  expectTypeOf<Asked & Content & { method: 'GET' }>().not.toExtend<ClusterRequest>();
  expectTypeOf<Sent & Content & { method: 'POST' }>().toExtend<Exchange>();
  expectTypeOf<Sent & Content>().not.toExtend<Exchange>();
  expectTypeOf<Sent & Content & { method: 'DELETE' }>().not.toExtend<Exchange>();
});
