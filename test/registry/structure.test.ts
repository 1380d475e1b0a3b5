import { expect, test, vi } from 'vitest';
import { structureFault } from '../../registry/document/structure.ts';
import { IDENTIFYING_MEMBERS } from '../../registry/skills/check-skill.ts';

test('compiles no pattern for a document', () => {
  const compiled = vi.spyOn(globalThis, 'RegExp');
  try {
    expect(structureFault({ name: 'a', Version: '1' })).toMatchObject({ path: 'Version' });
    expect(structureFault({ name: 'a', nameSpace: 'b' }, undefined, IDENTIFYING_MEMBERS)).toMatchObject({
      path: 'nameSpace',
    });
    expect(structureFault({ name: 'a', nameSpace: 'b' })).toBeNull();
    expect(compiled).not.toHaveBeenCalled();
  } finally {
    compiled.mockRestore();
  }
});
