/**
 * The provenance that a skill or plugin claims for itself (`provenance` in ToolHive's schemas), and what a signature proves. An
 * empty member matches everything.
 */
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../json.ts';

/** The result of verifying an entry, in `_meta`. */
export const VERIFICATION = 'dev.rollcall/verification';
/** A Sigstore bundle that a document carries in its `_meta`. */
const ATTACHED_BUNDLE = 'dev.sigstore/bundle';

export interface Verification {
  /** `unverified`: no signature could be checked. `failed`: there is one, and it doesn't prove what the entry claims. */
  readonly result: 'verified' | 'unverified' | 'failed';
  readonly reason?: string;
  /** The signer according to the certificate. Present if verified. */
  readonly identity?: string;
  readonly issuer?: string;
}

/** The signer in a certificate. */
export interface SignedBy {
  readonly identity: string;
  readonly issuer: string | undefined;
  readonly repositoryUri: string | undefined;
  readonly repositoryRef: string | undefined;
  readonly runnerEnvironment: string | undefined;
}

export interface ExpectedProvenance {
  readonly signerIdentity: string;
  readonly issuer: string | undefined;
  readonly repositoryUri: string | undefined;
  readonly repositoryRef: string | undefined;
  readonly runnerEnvironment: string | undefined;
  /** The type of the attestation, if a certain one is required. */
  readonly predicateType: string | undefined;
}

/**
 * The provenance that a signature must prove; null if the document names no signer, so that there is nothing to verify.
 */
export function expectedProvenance(document: unknown): ExpectedProvenance | null {
  const provenance = memberOf(document, 'provenance');
  const signerIdentity = textOf(provenance['signer_identity']);
  if (signerIdentity === undefined) return null;
  return {
    signerIdentity,
    issuer: textOf(provenance['cert_issuer']),
    repositoryUri: textOf(provenance['repository_uri']),
    repositoryRef: textOf(provenance['repository_ref']),
    runnerEnvironment: textOf(provenance['runner_environment']),
    predicateType: textOf(memberOf(provenance, 'attestation')['predicate_type']),
  };
}

/** The reason why the signer isn't the expected one, as a phrase; null if it is. */
export function signerFault(expected: ExpectedProvenance, signedBy: SignedBy): string | null {
  const { signerIdentity, repositoryUri } = expected;
  // A path alone would accept the workflow of any repository.
  const path = repositoryUri === undefined ? null : workflowPath(signedBy);
  if (signedBy.identity !== signerIdentity && path !== signerIdentity) {
    return `it was signed by ${signedBy.identity}, not by ${signerIdentity}`;
  }
  for (const member of ['issuer', 'repositoryUri', 'repositoryRef', 'runnerEnvironment'] as const) {
    if (expected[member] === undefined || expected[member] === signedBy[member]) continue;
    return `the certificate has the ${LABELS[member]} ${signedBy[member] ?? '(none)'}, not ${expected[member]}`;
  }
  return null;
}

const LABELS = {
  issuer: 'issuer',
  repositoryUri: 'repository',
  repositoryRef: 'reference',
  runnerEnvironment: 'runner environment',
} as const;

/** ToolHive names a workflow by its path in the repository: `/.github/workflows/release.yml`. */
function workflowPath({ identity, repositoryUri }: SignedBy): string | null {
  if (repositoryUri === undefined || !identity.startsWith(`${repositoryUri}/`)) return null;
  return identity.slice(repositoryUri.length).split('@')[0] ?? null;
}

/** The subject of a signature: an OCI manifest, or a commit. */
export interface Subject {
  readonly algorithm: 'sha256' | 'gitCommit';
  readonly digest: string;
  /** `ghcr.io/acme/pdf:1.0`, for a manifest. */
  readonly image?: string;
}

/** The pinned packages of a document. */
export function subjectsOf(document: unknown): Subject[] {
  return objectsOf(isJsonObject(document) ? document['packages'] : undefined).flatMap((entry): Subject[] => {
    const commit = textOf(entry['commit']);
    if (entry['registryType'] === 'git') {
      return commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)
        ? [{ algorithm: 'gitCommit', digest: commit }]
        : [];
    }
    const image = textOf(entry['identifier']);
    const digest = /sha256:([0-9a-f]{64})$/.exec(textOf(entry['digest']) ?? image ?? '')?.[1];
    return digest === undefined || image === undefined ? [] : [{ algorithm: 'sha256', digest, image }];
  });
}

/** Whether an in-toto statement is about one of the packages (https://in-toto.io/Statement/v1). */
export function isAbout(statement: JsonObject, subjects: readonly Subject[]): boolean {
  return objectsOf(statement['subject']).some((subject) => {
    const digests = memberOf(subject, 'digest');
    return subjects.some(({ algorithm, digest }) => {
      const names = algorithm === 'sha256' ? ['sha256'] : ['gitCommit', 'sha1'];
      return names.some((name) => digests[name] === digest);
    });
  });
}

/** The bundle that the document carries. */
export function attachedBundle(document: unknown): unknown {
  return memberOf(document, '_meta')[ATTACHED_BUNDLE];
}
