import { type Command, Option } from 'commander';
import type { ExportMode } from '../../../registry/exports/target.ts';
import { claudeCodePolicy } from '../../policy/claude-code-policy.ts';
import { positiveInteger } from '../../terminal/options.ts';
import { addServerOptions, type ServerOptions } from '../../server/server-options.ts';

interface PolicyOptions extends ServerOptions {
  readonly registry: string;
  readonly cache: string;
  readonly mode: ExportMode;
  readonly timeout: number;
}

export function addPolicyCommand(program: Command): void {
  const policy = program.command('policy').description('Print policies for programs that request them');
  addServerOptions(policy.command('claude-code'))
    .description('Print the policy for the policyHelper of Claude Code, from a cache while the registry is unavailable')
    .option('--registry <name>', 'the registry', 'default')
    .requiredOption('--cache <file>', 'file for the last policy; only administrators may write to its folder')
    .addOption(
      new Option('--mode <mode>', 'whether the policy adds the servers, allows them, or both')
        .choices(['provide', 'allow', 'both'])
        .default('both'),
    )
    .option(
      '--timeout <milliseconds>',
      'time to wait for the registry; less than timeoutMs of the policyHelper',
      positiveInteger,
      4000,
    )
    .addHelpText(
      'after',
      [
        '\nAlways exits with status 0, because Claude Code does not start when its helper fails. Without an answer and',
        'without a cache, the policy allows no MCP server (with --mode provide: it adds none).',
        '\nExample:',
        '  $ rollcall policy claude-code --server https://registry.example --registry approved --cache /var/cache/rollcall/claude-code.json',
      ].join('\n'),
    )
    .action(async (options: PolicyOptions) => {
      const { policy: text, problem } = await claudeCodePolicy(options);
      if (problem !== undefined) console.error(problem);
      process.stdout.write(text);
    });
}
