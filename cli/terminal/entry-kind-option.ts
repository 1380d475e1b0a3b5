import { Option } from 'commander';
import { ENTRY_KINDS } from '../../registry/entry-kind.ts';

/** `--kind`: what kind of entry a command is about. Default: a server. */
export function entryKindOption(): Option {
  return new Option('--kind <kind>', 'kind of the entry').choices(ENTRY_KINDS).default('server');
}
