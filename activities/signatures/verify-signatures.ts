/** Verifies the signatures of skills and plugins whose documents name a signer. */
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import type { X509Certificate } from '@sigstore/core';
import { type Signer, toSignedEntity, type Verifier } from '@sigstore/verify';
import { isTemporary, RollcallError } from '../../registry/failure.ts';
import { isJsonObject, type JsonObject, parseJson, textOf } from '../../registry/json.ts';
import {
  attachedBundle,
  type ExpectedProvenance,
  expectedProvenance,
  isAbout,
  type SignedBy,
  signerFault,
  type Subject,
  subjectsOf,
  type Verification,
} from '../../registry/skills/provenance.ts';
import type { OciReader } from '../../outbound/oci-registry.ts';
import type { OutboundGuard } from '../../outbound/guard.ts';
import { bundlesOf } from './oci-bundles.ts';
import { currentVerifier } from './trust-root.ts';

const STATEMENT = 'application/vnd.in-toto+json';

/** Extensions of Fulcio's certificates (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). */
const RUNNER_ENVIRONMENT = '1.3.6.1.4.1.57264.1.11';
const REPOSITORY_URI = '1.3.6.1.4.1.57264.1.12';
const REPOSITORY_REF = '1.3.6.1.4.1.57264.1.14';

export interface VerificationResult {
  readonly verification: Verification;
  /** Nothing could be verified, for a reason that may pass. */
  readonly isTemporary: boolean;
}

/** @param guard limits the registries that are asked: their names come from the documents of others */
export class SignatureVerifier {
  readonly #guard: OutboundGuard;
  readonly #oci: OciReader;

  constructor(guard: OutboundGuard, oci: OciReader) {
    this.#guard = guard;
    this.#oci = oci;
  }

  /** Returns null if the document names no signer. Throws only if the signal is aborted. */
  async verify(document: unknown): Promise<VerificationResult | null> {
    const expected = expectedProvenance(document);
    if (expected === null) return null;
    const subjects = subjectsOf(document);
    try {
      const verification = await this.#verify(expected, subjects, attachedBundle(document));
      return { verification, isTemporary: false };
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      return { verification: unverified(error.message), isTemporary: isTemporary(error) };
    }
  }

  async #verify(expected: ExpectedProvenance, subjects: readonly Subject[], attached: unknown): Promise<Verification> {
    if (subjects.length === 0) return unverified('it has no package that is pinned to a digest or a commit');
    const bundles = attached === undefined ? await this.#fetched(subjects) : [attached];
    if (bundles.length === 0) return unverified('no Sigstore bundle is attached to its package');
    const verifier = await currentVerifier(this.#guard.settings.trustedRoot);
    const results = bundles.map((bundle) => verifyBundle(bundle, { verifier, expected, subjects }));
    return results.find(({ result }) => result === 'verified') ?? results[0]!;
  }

  async #fetched(subjects: readonly Subject[]): Promise<unknown[]> {
    const bundles: unknown[] = [];
    for (const subject of subjects) {
      if (subject.image !== undefined) bundles.push(...(await bundlesOf(this.#oci, subject)));
    }
    return bundles;
  }
}

function unverified(reason: string): Verification {
  return { result: 'unverified', reason };
}

function failed(reason: string): Verification {
  return { result: 'failed', reason };
}

interface Expectations {
  readonly verifier: Verifier;
  readonly expected: ExpectedProvenance;
  readonly subjects: readonly Subject[];
}

function verifyBundle(serialized: unknown, { verifier, expected, subjects }: Expectations): Verification {
  let bundle: Bundle;
  let signedBy: SignedBy;
  try {
    bundle = bundleFromJSON(serialized);
    const entity = toSignedEntity(bundle);
    const { identity } = verifier.verify(entity);
    if (entity.key.$case !== 'certificate') return failed('its bundle is signed with a key, not with a certificate');
    signedBy = signerOf(entity.key.certificate, identity);
  } catch (error) {
    return failed(`its signature is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
  const statement = statementOf(bundle);
  if (statement === null) return failed('its bundle signs no in-toto statement');
  if (!isAbout(statement, subjects)) return failed('what was signed is not its package');
  const fault = signerFault(expected, signedBy);
  if (fault !== null) return failed(fault);
  const { predicateType } = expected;
  if (predicateType !== undefined && statement['predicateType'] !== predicateType) {
    return failed(`the attestation is of the type ${String(statement['predicateType'])}, not ${predicateType}`);
  }
  const { identity, issuer } = signedBy;
  return { result: 'verified', identity, ...(issuer !== undefined && { issuer }) };
}

function statementOf(bundle: Bundle): JsonObject | null {
  const { content } = bundle;
  if (content.$case !== 'dsseEnvelope' || content.dsseEnvelope.payloadType !== STATEMENT) return null;
  const statement = parseJson(content.dsseEnvelope.payload.toString());
  return isJsonObject(statement) ? statement : null;
}

function signerOf(certificate: X509Certificate, identity: Signer['identity']): SignedBy {
  const extension = (oid: string): string | undefined =>
    textOf(certificate.extension(oid)?.valueObj.subs[0]?.value.toString());
  return {
    identity: identity?.subjectAlternativeName ?? '',
    issuer: identity?.extensions?.issuer,
    repositoryUri: extension(REPOSITORY_URI),
    repositoryRef: extension(REPOSITORY_REF),
    runnerEnvironment: extension(RUNNER_ENVIRONMENT),
  };
}
