/** A stored source as a configuration file would have it. */
import { durationText } from '../../config/duration.ts';
import type { SourceRow } from '../../db/configuration/sources.ts';
import { isManaged } from '../../registry/source-definition.ts';
import { kindOf } from '../../sources/index.ts';

/** What `createSource` and `updateSource` take for the same source. */
export function writtenSource({
  definition,
  claims,
}: Pick<SourceRow, 'definition' | 'claims'>): Readonly<Record<string, unknown>> {
  const { name, origin, format, filter, syncPolicy } = definition;
  const kind = kindOf(origin);
  const { intervalMs, maxRemoval, deadlineMs } = syncPolicy;
  return {
    name,
    [kind.key]: kind.written(origin),
    ...(format !== undefined && { format }),
    ...(filter !== undefined && { filter }),
    ...(!isManaged(origin) && {
      syncPolicy: {
        ...(intervalMs !== null && { interval: durationText(intervalMs) }),
        maxRemoval,
        deadline: durationText(deadlineMs),
      },
    }),
    ...(claims !== null && { claims }),
  };
}
