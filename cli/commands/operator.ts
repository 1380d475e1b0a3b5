import { type Command, Option } from 'commander';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';
import type { TemporalTls } from '../../config/model.ts';
import { registryTemporal } from '../../operator/temporal-access.ts';
import type { WorkloadDefaults } from '../../operator/workload.ts';
import { defined } from '../../registry/json.ts';
import type { TemporalServer } from '../../temporal/connect.ts';
import { untilToldToStop } from '../run/stop-signal.ts';
import { CommandFailure } from '../terminal/failure.ts';

interface OperatorOptions {
  readonly temporalAddress?: string;
  readonly temporalNamespace: string;
  readonly temporalTls: boolean;
  readonly temporalTlsCaFile?: string;
  readonly temporalTlsCertificateFile?: string;
  readonly temporalTlsKeyFile?: string;
  readonly temporalTlsServerName?: string;
  readonly temporalApiKeyFile?: string;
  readonly registryTemporalAddress?: string;
  readonly registryTemporalSecret: string;
  readonly image?: string;
  readonly namespaces: string;
  readonly manageAll: boolean;
  readonly internalAddress: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addOperatorCommand(program: Command): void {
  const command = program
    .command('operator')
    .description('Run the Kubernetes operator: one Temporal workflow for each MCPRegistry resource')
    .addOption(new Option('--temporal-address <host:port>', 'address of Temporal').env('TEMPORAL_ADDRESS'))
    .addOption(
      new Option('--temporal-namespace <name>', "Temporal namespace of the operator's workflows")
        .env('TEMPORAL_NAMESPACE')
        .default('default'),
    )
    .option('--temporal-tls', 'use TLS for Temporal; set by the options for certificates and the API key', false)
    .option('--temporal-tls-ca-file <file>', "certificate authorities of Temporal (PEM) (default: the system's)")
    .option('--temporal-tls-certificate-file <file>', 'client certificate for Temporal (PEM)')
    .option('--temporal-tls-key-file <file>', 'private key of the client certificate (PEM)')
    .option('--temporal-tls-server-name <name>', "expected host name of Temporal's certificate")
    .option('--temporal-api-key-file <file>', 'file with an API key for Temporal')
    .option('--registry-temporal-address <host:port>', 'address of Temporal for the pods of registries, if it differs')
    .option(
      '--registry-temporal-secret <name>',
      "Secret in each registry's namespace with the same credentials as the operator's files: ca.crt, tls.crt and tls.key, api-key",
      'rollcall-temporal',
    )
    .addOption(new Option('--image <image>', 'image of Rollcall for the pods of registries').env('ROLLCALL_IMAGE'))
    .addOption(
      new Option('--namespaces <names>', 'namespaces to manage, separated by commas')
        .env('WATCH_NAMESPACE')
        .default('', 'all'),
    )
    .option('--manage-all', 'manage all resources of toolhive.stacklok.dev, not only those with the label', false)
    .option('--internal-address <host:port>', 'address of health and readiness checks', ':8081')
    .option('--kubeconfig <file>', "kubeconfig (default: kubectl's; in a pod its service account)")
    .option('--context <name>', 'context of the kubeconfig')
    .addHelpText(
      'after',
      [
        '\nResources of toolhive.stacklok.dev need the label rollcall.dev/managed: "true", or --manage-all.',
        '\nExamples:',
        '  $ rollcall operator --temporal-address temporal:7233 --image registry.example.com/rollcall:0.1.0',
        '  $ rollcall operator --temporal-address temporal:7233 --image registry.example.com/rollcall:0.1.0 --namespaces team-a,team-b',
      ].join('\n'),
    )
    .action(async (options: OperatorOptions) => {
      const { failingInLog } = await import('../run/process-log.ts');
      await failingInLog('operator', { log: {} }, () => runOperatorCommand(options));
    });

  command
    .command('adopt')
    .argument('[names...]', 'resources to adopt (default: all)')
    .description('Hand resources of toolhive.stacklok.dev to the operator, or show what it would change')
    .option('--dry-run', 'only show what would be created and changed', false)
    .option('-n, --namespace <name>', 'namespace of the resources (default: all)')
    .addHelpText(
      'after',
      [
        '\nPass the options of the operator before `adopt`.',
        '\nExamples:',
        '  $ rollcall operator --image registry.example.com/rollcall:0.1.0 --temporal-address temporal:7233 adopt --dry-run',
        '  $ rollcall operator --image registry.example.com/rollcall:0.1.0 --temporal-address temporal:7233 adopt --namespace team-a weather',
      ].join('\n'),
    )
    .action(runAdoptCommand);
}

interface AdoptOptions extends OperatorOptions {
  readonly dryRun: boolean;
  readonly namespace?: string;
}

async function runAdoptCommand(names: string[], _: unknown, command: Command): Promise<void> {
  const options = command.optsWithGlobals<AdoptOptions>();
  const { dryRun, namespace } = options;
  const { adoptResources } = await import('../run/adopt-resources.ts');
  const faults = await adoptResources({
    access: accessOf(options),
    defaults: defaultsOf(options),
    names,
    dryRun,
    signal: untilToldToStop(),
    ...(namespace !== undefined && { namespace }),
  });
  if (faults > 0)
    throw new CommandFailure(`${faults === 1 ? '1 resource' : `${faults} resources`} can't be managed: see above`);
}

function defaultsOf(options: OperatorOptions): WorkloadDefaults {
  const { registryTemporalAddress, registryTemporalSecret, image } = options;
  const server = temporalOf(options);
  if (image === undefined) {
    throw new CommandFailure('The image for registries is missing: pass --image, or set ROLLCALL_IMAGE');
  }
  const address = registryTemporalAddress ?? server.address;
  return { image, temporal: registryTemporal(server, { address, secret: registryTemporalSecret }) };
}

/** The connection of the operator to Temporal. */
function temporalOf(options: OperatorOptions): Omit<TemporalServer, 'taskQueue'> {
  const { temporalAddress: address, temporalNamespace: namespace, temporalTls, temporalApiKeyFile } = options;
  if (address === undefined) {
    throw new CommandFailure('The address of Temporal is missing: pass --temporal-address, or set TEMPORAL_ADDRESS');
  }
  const tls: TemporalTls = defined({
    caFile: options.temporalTlsCaFile,
    certificateFile: options.temporalTlsCertificateFile,
    keyFile: options.temporalTlsKeyFile,
    serverName: options.temporalTlsServerName,
  });
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
    throw new CommandFailure('Pass --temporal-tls-certificate-file and --temporal-tls-key-file together');
  }
  return {
    address,
    namespace,
    ...((temporalTls || Object.keys(tls).length > 0 || temporalApiKeyFile !== undefined) && { tls }),
    ...(temporalApiKeyFile !== undefined && { apiKey: { file: temporalApiKeyFile } }),
  };
}

function accessOf({ kubeconfig, context }: OperatorOptions): ClusterAccess {
  return { ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }) };
}

async function runOperatorCommand(options: OperatorOptions): Promise<void> {
  const signal = untilToldToStop();
  const defaults = defaultsOf(options);
  const namespaces = options.namespaces.split(',').map((name) => name.trim());
  const { createLogger } = await import('../../telemetry/logger.ts'); // slow to load, like the next one
  const logger = createLogger('operator', {});
  const { runOperator } = await import('../../worker/operator/run-operator.ts');
  await runOperator({
    server: temporalOf(options),
    access: accessOf(options),
    namespaces: namespaces.filter((name) => name !== ''),
    defaults,
    managesAll: options.manageAll,
    internalAddress: options.internalAddress,
    logger,
    signal,
    onReady: (url) => logger.info({ probes: url }, 'The operator is ready'),
  });
}
