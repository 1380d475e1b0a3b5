import { type Command, Option } from 'commander';

export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('Print version details')
    .addOption(new Option('--format <format>', 'output format').choices(['text', 'json']).default('text'))
    .action(async ({ format }: { format: 'text' | 'json' }) => {
      const { softwareVersion } = await import('../../telemetry/software-version.ts');
      const version = {
        ...softwareVersion(),
        node: process.version,
        platform: `${process.platform}/${process.arch}`,
      };
      console.log(
        format === 'json'
          ? JSON.stringify(version, null, 2)
          : `rollcall ${version.version} (commit ${version.commit}, built ${version.buildDate}, Node ${version.node}, ${version.platform})`,
      );
    });
}
