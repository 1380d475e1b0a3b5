import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { resourceDefinitions } from '../../operator/definitions.ts';

const HEADER = '# Made from operator/definitions.ts: npx vitest run test/operator/definitions.test.ts --update\n';

test('the shipped definitions are those of the code', async () => {
  const documents = resourceDefinitions().map((definition) =>
    stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  await expect(HEADER + documents.join('---\n')).toMatchFileSnapshot('../../deploy/operator/crds.yaml');
});
