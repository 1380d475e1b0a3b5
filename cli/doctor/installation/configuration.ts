import { ConfigurationError, describeFinding } from '../../../config/faults.ts';
import { loadConfiguration } from '../../../config/load.ts';
import type { Configuration } from '../../../config/model.ts';
import { exposureWarning } from '../../run/banner.ts';
import { countText } from '../../terminal/texts.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

/**
 * Checks the file together with overrides from the environment. The result has no configuration if there are faults.
 */
export async function checkConfiguration(
  file: string,
): Promise<{ readonly findings: readonly Finding[]; readonly configuration?: Configuration }> {
  try {
    const configuration = await loadConfiguration(file, process.env);
    const { sources, registries, auth } = configuration;
    const contents = `${countText(sources.length, 'source', 'sources')}, ${countText(registries.length, 'registry', 'registries')}`;
    const exposure = exposureWarning(configuration);
    return {
      configuration,
      findings: [
        ok(`${file} is valid: ${contents}, auth.mode ${auth.mode}`),
        ...configuration.notes.map((note) => warning(describeFinding(note), 'remove the setting, or correct it')),
        ...(exposure === undefined ? [] : [warning(exposure, 'set `auth.mode: oauth`, or listen on 127.0.0.1')]),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { findings: error.faults.map((fault) => problem(describeFinding(fault), `correct ${file}`)) };
  }
}
