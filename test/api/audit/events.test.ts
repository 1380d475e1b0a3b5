import { expectTypeOf, test } from 'vitest';
import type { newEvent } from '../../../api/audit/events.ts';
import type { Sender } from '../../../api/audit/sender.ts';
import type { AuditEvent } from '../../../registry/audit.ts';

test('an event is created with its sender', () => {
  type Given = Parameters<typeof newEvent>[0];
  type What = Pick<AuditEvent, 'action' | 'outcome' | 'target'>;
  expectTypeOf<What & Sender['identity'] & Sender['origin']>().toExtend<Given>();
  expectTypeOf<What>().not.toExtend<Given>();
  expectTypeOf<What & Sender['origin']>().not.toExtend<Given>();
});
