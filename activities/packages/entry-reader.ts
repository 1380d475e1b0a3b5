import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { filesOfPackage } from '../../db/contents/entry-files.ts';
import type { DueEntry, PackageReading } from '../../db/contents/package-readings.ts';
import { findBytes, storeContents } from '../../db/contents/stored-contents.ts';
import type { Database } from '../../db/connection/database.ts';
import { Turns } from '../../pacing/turns.ts';
import type { EntryFile } from '../../registry/entry.ts';
import { kindOfName } from '../../registry/entry-kind.ts';
import { isTemporary, RollcallError } from '../../registry/failure.ts';
import { searchedTextOf } from '../../registry/scan/skill-document.ts';
import { isPinned, namedDigest, type NamedPackage, namedPackages } from '../../registry/skills/packages.ts';
import type { OutboundGuard } from '../../outbound/guard.ts';
import { OciReader } from '../../outbound/oci-registry.ts';
import { gitPackageReader } from '../../sources/index.ts';
import type { PackageReader } from '../../sources/package-reader.ts';
import { type FoundFile, storableFiles } from '../../sources/storable-files.ts';
import { SignatureVerifier, type VerificationResult } from '../signatures/verify-signatures.ts';
import { ociPackages } from './oci-package.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The wait after the first temporary failure. Each further one doubles it, up to a day. */
const RETRY_MS = 10 * MINUTE_MS;
const PACKAGE_DEADLINE_MS = 2 * MINUTE_MS;
/** After this number of temporary failures in a row, an activity doesn't ask a host again. */
const MAX_FAILURES = 3;
/** Packages that this process reads at a time, whatever the number of syncs: each can take 16 MiB and a few processes. */
const turns = new Turns({ count: 3 });

export interface EntryReading extends PackageReading {
  /** The result of reading the files; null if the entry names no package that is read for its files. */
  readonly result: 'read' | 'kept' | 'failed' | null;
}

type Files = Pick<PackageReading, 'package' | 'files' | 'fault'> & {
  readonly result: EntryReading['result'];
  readonly mayPass?: boolean;
};

interface EntryReaderOptions {
  readonly database: Database;
  readonly guard: OutboundGuard;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Reads entries for one activity. */
export class EntryReader {
  readonly #options: EntryReaderOptions;
  readonly #oci: OciReader;
  /** Failures of each host since it last worked: an activity must not wait for a host once per entry. */
  readonly #failures = new Map<string, number>();

  constructor(options: EntryReaderOptions) {
    this.#options = options;
    this.#oci = new OciReader(options.guard, options.signal);
  }

  /** Never throws because of a package, only for the database and if the signal is aborted. */
  async readAll(entries: readonly DueEntry[]): Promise<readonly EntryReading[]> {
    const { signal } = this.#options;
    return await Promise.all(entries.map((entry) => turns.take(() => this.#read(entry), { signal })));
  }

  async #read(entry: DueEntry): Promise<EntryReading> {
    const { signal } = this.#options;
    const document: unknown = JSON.parse(entry.document);
    const named = namedDigest(document);
    const isSame = entry.named?.equals(named) === true;
    if (isSame && !entry.isTimeUp) return await this.#unchanged(entry, named);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(PACKAGE_DEADLINE_MS)]);
    const packages = namedPackages(document);
    const { mayPass = false, ...files } = await this.#filesOf(entry, packages, { isSame, signal: deadline });
    const verified = await this.#verify(document, deadline);
    // An earlier result for a digest or commit is still true while its host can't be reached.
    const before = isSame && entry.verification?.result !== 'unverified' ? entry.verification : null;
    const isRetried = mayPass || verified?.isTemporary === true;
    const failures = isRetried ? (isSame ? (entry.failures ?? 0) : 0) + 1 : 0;
    const isChecked = files.fault !== null || verified !== null || packages.some((found) => !isPinned(found));
    return {
      entry,
      named,
      ...files,
      searchedText: await this.#searchedText(entry, files.files),
      verification: (verified?.isTemporary === true ? before : null) ?? verified?.verification ?? null,
      failures,
      againAfterMs: isRetried ? Math.min(DAY_MS, RETRY_MS * 2 ** (failures - 1)) : isChecked ? DAY_MS : null,
    };
  }

  async #verify(document: unknown, signal: AbortSignal): Promise<VerificationResult | null> {
    try {
      return await new SignatureVerifier(this.#options.guard, this.#oci.until(signal)).verify(document);
    } catch (error) {
      const { fault: reason } = this.#faultOf(error);
      return { verification: { result: 'unverified', reason }, isTemporary: true };
    }
  }

  /** Keeps the files of an entry if only other parts of its document have changed. */
  async #unchanged(entry: DueEntry, named: Buffer): Promise<EntryReading> {
    const { fault, verification, failures } = entry;
    const files = entry.package === null ? null : await filesOfPackage(this.#options.database, entry.package);
    return {
      entry,
      named,
      package: entry.package,
      files,
      searchedText: await this.#searchedText(entry, files),
      fault,
      verification,
      failures: failures ?? 0,
      againAfterMs: undefined,
      result: null,
    };
  }

  async #filesOf(
    entry: DueEntry,
    packages: readonly NamedPackage[],
    { isSame, signal }: { readonly isSame: boolean; readonly signal: AbortSignal },
  ): Promise<Files> {
    if (entry.hasOwnFiles) return { package: null, files: null, fault: null, result: null };
    if (packages.length === 0) return { package: null, files: [], fault: null, result: null };
    let first: Fault | undefined;
    for (const named of packages) {
      const found = await this.#filesIn(entry, named, signal);
      if (!('fault' in found)) return { ...found, fault: null };
      first ??= found;
    }
    const { fault, mayPass } = first!;
    // Files of a tag that can't be asked for stay; those of another package go.
    const files = isSame && entry.package !== null ? await filesOfPackage(this.#options.database, entry.package) : [];
    return { package: files.length === 0 ? null : entry.package, files, fault, mayPass, result: 'failed' };
  }

  async #filesIn(
    entry: DueEntry,
    named: NamedPackage,
    signal: AbortSignal,
  ): Promise<Fault | { package: string; files: readonly EntryFile[]; result: 'read' | 'kept' }> {
    const { database, guard } = this.#options;
    const reader = await this.#readerOf(named);
    const access = { guard, signal };
    const resolved = await this.#attempt(named, async () => await reader.resolve(named, access));
    if ('fault' in resolved) return resolved;
    const stored = await filesOfPackage(database, resolved.name);
    if (stored.length > 0) {
      if (!isPinned(named)) this.#failures.delete(hostOf(named));
      return { package: resolved.name, files: stored, result: 'kept' };
    }
    const kind = kindOfName(entry.name);
    const found = await this.#attempt(named, async () => checked(kind, await reader.read(named, resolved, access)));
    if ('fault' in found) return found;
    this.#failures.delete(hostOf(named));
    const { files, contents } = await storableFiles(found.files);
    await storeContents(database, contents);
    return { package: resolved.name, files, result: 'read' };
  }

  async #readerOf(named: NamedPackage): Promise<PackageReader<NamedPackage>> {
    return named.registryType === 'oci' ? ociPackages(this.#oci) : await gitPackageReader();
  }

  /** Failures of a package are faults of the entry. */
  async #attempt<Result extends object>(named: NamedPackage, work: () => Promise<Result>): Promise<Result | Fault> {
    const host = hostOf(named);
    const failures = this.#failures.get(host) ?? 0;
    if (failures >= MAX_FAILURES) return { fault: `${host} has just failed for other packages`, mayPass: true };
    try {
      return await work();
    } catch (error) {
      const fault = this.#faultOf(error);
      if (fault.mayPass) this.#failures.set(host, failures + 1);
      return fault;
    }
  }

  /** @throws the reason of the signal, if the activity must end */
  #faultOf(error: unknown): Fault {
    this.#options.signal.throwIfAborted();
    if (error instanceof RollcallError) return { fault: error.message, mayPass: isTemporary(error) };
    if (error instanceof ApplicationFailure) return { fault: error.message, mayPass: true };
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      return { fault: 'reading its package took longer than two minutes', mayPass: true };
    }
    this.#options.logger.error({ err: error }, 'Reading a package failed unexpectedly');
    return { fault: 'its package could not be read, for a reason in the log of the worker', mayPass: true };
  }

  async #searchedText({ name }: DueEntry, files: readonly EntryFile[] | null): Promise<string | undefined> {
    const text = kindOfName(name) === 'skill' ? files?.find(({ path }) => path === 'SKILL.md') : undefined;
    const bytes = text === undefined ? null : await findBytes(this.#options.database, text.digest);
    return bytes === null ? undefined : searchedTextOf(bytes);
  }
}

/** The host of the package, as the document names it. */
function hostOf(named: NamedPackage): string {
  return named.registryType === 'git' ? (URL.parse(named.url)?.host ?? named.url) : named.identifier.split('/')[0]!;
}

interface Fault {
  readonly fault: string;
  /** Whether the fault may be temporary, so that the next attempt is soon. */
  readonly mayPass: boolean;
}

type Found = Awaited<ReturnType<PackageReader<NamedPackage>['read']>>;

/** @throws RollcallError `UpstreamInvalid` for files that can't be stored */
function checked(kind: string, found: Found): { readonly files: readonly FoundFile[] } {
  const fault = 'fault' in found ? found.fault : missing(kind, found);
  if (fault !== null || 'fault' in found) throw new RollcallError('UpstreamInvalid', `the ${kind} ${fault}`);
  return { files: found };
}

function missing(kind: string, found: readonly FoundFile[]): string | null {
  if (found.length === 0) return 'has no files';
  return kind === 'skill' && !found.some(({ path }) => path === 'SKILL.md') ? 'has no SKILL.md' : null;
}
