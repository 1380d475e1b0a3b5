/** GitHub Copilot with "registry only": requests each server by name at every start, and blocks all of them if that fails. */
import { type Finding, ok, warning } from './finding.ts';
import { itemsOf, type Probe } from './probe.ts';
import { accessFinding, addressFinding, detailFindings, nameOf, packagesOf } from './registry-clients.ts';

const CLIENT = 'Copilot';
/** The kinds of packages that Copilot CLI can start. */
const LAUNCHABLE = ['npm', 'pypi', 'oci', 'docker'];
const SLOW_MS = 2000;

export async function checkCopilot({ base, anonymously }: Probe): Promise<Finding[]> {
  const address = addressFinding(base, CLIENT);
  const list = await anonymously('/v0.1/servers?limit=30');
  const items = list.status === 200 ? itemsOf(list) : undefined;
  if (items === undefined) return [address, accessFinding(list, CLIENT)];
  const name = nameOf(items[0]);
  const details =
    name === undefined
      ? [warning('The registry has no servers, so Copilot blocks all servers', 'publish the approved servers')]
      : await detailFindings(anonymously, name, CLIENT);
  return [
    address,
    ok('The registry can be read without a token'),
    ...details,
    ...speedFinding(list.milliseconds),
    ...packageFinding(items),
  ];
}

function speedFinding(milliseconds: number): Finding[] {
  if (milliseconds <= SLOW_MS) return [];
  const what = `A list took ${Math.round(milliseconds)} ms; Copilot requests each of its servers at every start`;
  return [warning(what, 'find the cause with `rollcall status`')];
}

function packageFinding(items: readonly unknown[]): Finding[] {
  const others = items.filter((item) => {
    const packages = packagesOf(item);
    return packages.length > 0 && packages.every(({ registryType }) => !LAUNCHABLE.includes(String(registryType)));
  });
  if (others.length === 0) return [];
  const names = others.flatMap((item) => nameOf(item) ?? []).join(', ');
  return [
    warning(
      `Copilot can't start ${names}: it doesn't support their kinds of packages`,
      'offer npm, pypi, or oci packages, or remotes',
    ),
  ];
}
