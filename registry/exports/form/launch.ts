/** The command that starts a package: the standard one of its package manager. */
import { type JsonObject, memberOf, textOf } from '../../json.ts';
import { packageArgumentList, runtimeArgumentList } from './arguments.ts';
import { type NamedValue, packageEnvironment, type Setting, unsetOf, withValue } from './environment.ts';
import { imageReference, imageRepository } from './image.ts';
import { literalOf, type Template } from './template.ts';

export interface Launch {
  readonly registryType: string;
  readonly identifier: string;
  readonly version: string | undefined;
  readonly runtimeArgs: readonly Template[];
  readonly packageArgs: readonly Template[];
  readonly command: string;
  readonly args: readonly Template[];
  /**
   * The arguments with which VS Code starts the package after installing it from a registry, where they differ. An
   * allowlist that compares whole commands has to list both.
   */
  readonly galleryArgs: readonly Template[] | undefined;
  readonly environment: readonly NamedValue[];
  /**
   * The package registry that the document names. Commands don't: a client fetches packages from the one that it is
   * configured for, which in a company is often a mirror.
   */
  readonly registryBaseUrl: string | undefined;
  /** Optional arguments and environment variables that have no value. */
  readonly unset: readonly string[];
}

export interface NoLaunch {
  readonly reason: string;
}

interface PackageParts {
  readonly source: JsonObject;
  readonly identifier: string;
  readonly version: string | undefined;
  readonly runtime: readonly Template[];
  readonly packageArgs: readonly Template[];
  readonly settings: readonly Setting[];
}

interface Manager {
  readonly command: string;
  /** Other programs that run the same packages with the same arguments. */
  readonly runtimes: readonly string[];
  readonly args: (parts: PackageParts) => Template[];
  readonly galleryArgs?: (parts: PackageParts) => Template[];
}

const npmPackage = ({ identifier, version }: PackageParts): Template => [joinVersion(identifier, '@', version)];

const MANAGERS: Readonly<Record<string, Manager>> = {
  npm: {
    command: 'npx',
    runtimes: ['bunx', 'pnpx'],
    args: (parts) => [
      ...(isAssumedYes(parts.runtime) ? [] : [['-y']]),
      ...parts.runtime,
      npmPackage(parts),
      ...parts.packageArgs,
    ],
    galleryArgs: (parts) => [...parts.runtime, npmPackage(parts), ...parts.packageArgs],
  },
  pypi: {
    command: 'uvx',
    runtimes: [],
    args: ({ identifier, version, runtime, packageArgs }) => [
      ...runtime,
      [joinVersion(identifier, '==', version)],
      ...packageArgs,
    ],
  },
  nuget: {
    command: 'dnx',
    runtimes: [],
    args: (parts) => [
      ...parts.runtime,
      npmPackage(parts),
      ['--yes'],
      ...(parts.packageArgs.length > 0 ? [['--'], ...parts.packageArgs] : []),
    ],
  },
  oci: {
    command: 'docker',
    runtimes: ['podman'],
    args: (parts) => dockerRun(parts, withValue(parts.settings)),
    galleryArgs: (parts) => dockerRun(parts, parts.settings),
  },
};

/** Current names of types that have other names in older documents. */
const ALIASES = new Map([['docker', 'oci']]);

/**
 * The command for a package.
 *
 * @param from a package of a server.json in its current generation
 */
export function packageLaunch(from: JsonObject): Launch | NoLaunch {
  const written = textOf(from['registryType']) ?? 'unknown';
  const registryType = ALIASES.get(written) ?? written;
  const identifier = textOf(from['identifier']);
  const manager = Object.hasOwn(MANAGERS, registryType) ? MANAGERS[registryType] : undefined;
  const transport = textOf(memberOf(from, 'transport')['type']) ?? 'stdio';
  if (identifier === undefined) return { reason: `the ${registryType} package has no identifier` };
  if (manager === undefined) return { reason: `there is no standard command for ${registryType} packages` };
  if (transport !== 'stdio') {
    return { reason: `the ${registryType} package uses ${transport}, but clients start local servers only over stdio` };
  }
  const hint = textOf(from['runtimeHint']);
  if (hint !== undefined && hint !== manager.command && !manager.runtimes.includes(hint)) {
    return { reason: `${hint} is not a command that fetches ${registryType} packages` };
  }
  if (hint !== undefined && hint !== manager.command && registryType === 'npm') {
    // Their own flags differ from those of npx, and they ask no questions.
    return launchOf(registryType, { ...manager, command: hint, args: manager.galleryArgs! }, partsOf(from, identifier));
  }
  return launchOf(registryType, { ...manager, command: hint ?? manager.command }, partsOf(from, identifier));
}

function launchOf(registryType: string, manager: Manager, found: PackageParts & { unset: readonly string[] }): Launch {
  const args = manager.args(found);
  const galleryArgs = manager.galleryArgs?.(found);
  return {
    registryType,
    identifier: registryType === 'oci' ? imageReference(found.source) : found.identifier,
    version: found.version,
    runtimeArgs: found.runtime,
    packageArgs: found.packageArgs,
    command: manager.command,
    args,
    galleryArgs: JSON.stringify(galleryArgs) === JSON.stringify(args) ? undefined : galleryArgs,
    environment: withValue(found.settings),
    registryBaseUrl: registryType === 'oci' ? undefined : textOf(found.source['registryBaseUrl']),
    unset: [...found.unset, ...unsetOf(found.settings)],
  };
}

function partsOf(from: JsonObject, identifier: string): PackageParts & { unset: readonly string[] } {
  const { settings, runtimeArguments } = packageEnvironment(from);
  const runtime = runtimeArgumentList(runtimeArguments);
  const packageArgs = packageArgumentList(from);
  return {
    source: from,
    identifier,
    version: textOf(from['version']),
    runtime: runtime.given.flatMap(({ words }) => words),
    packageArgs: packageArgs.given.flatMap(({ words }) => words),
    settings,
    unset: [...runtime.unset, ...packageArgs.unset],
  };
}

function joinVersion(identifier: string, separator: string, version: string | undefined): string {
  return version === undefined ? identifier : `${identifier}${separator}${version}`;
}

function isAssumedYes(runtime: readonly Template[]): boolean {
  return runtime.some((word) => ['-y', '--yes'].includes(literalOf(word) ?? ''));
}

/** `docker run` with the environment passed on by name, so that no value is visible in a list of processes. */
function dockerRun(parts: PackageParts, environment: readonly { readonly name: string }[]): Template[] {
  const image = imageReference(parts.source);
  return [
    ...['run', '-i', '--rm'].map((word) => [word]),
    ...withoutRunItself(parts.runtime, image),
    ...environment.flatMap(({ name }) => [['-e'], [name]]),
    [image],
    ...parts.packageArgs,
  ];
}

/** Authors write out `run -i --rm IMAGE` as runtime arguments, sometimes with the image of another version. */
function withoutRunItself(runtime: readonly Template[], image: string): readonly Template[] {
  const first = runtime[0] === undefined ? undefined : literalOf(runtime[0]);
  const words = (first === 'run' ? runtime.slice(1) : runtime).filter(
    (word) => !['-i', '--interactive', '--rm'].includes(literalOf(word) ?? ''),
  );
  const last = words.at(-1);
  const lastText = last === undefined ? undefined : literalOf(last);
  const isImage = lastText !== undefined && imageRepository(lastText) === imageRepository(image);
  return isImage ? words.slice(0, -1) : words;
}
