/** Explains why the certificate of a server isn't trusted. */
type CertificateFault = 'expired' | 'notYetValid' | 'otherName' | 'untrusted';

const FAULTS: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetValid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'otherName',
  CERT_SIGNATURE_FAILURE: 'untrusted', // an authority of the same name with another key
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
};

/** The fault of a certificate that an error code of Node stands for; undefined for other codes. */
export function certificateFault(code: string): CertificateFault | undefined {
  return FAULTS[code];
}

/** The advice for a certificate with another name, and for one of an unknown authority. */
type Remedies = Readonly<Record<'otherName' | 'untrusted', string>>;

/**
 * Describes an error of OpenSSL about a certificate in one sentence. Returns null for other errors.
 *
 * @param server the owner of the certificate, such as `Temporal at temporal.example.com:7233`
 */
export function describeCertificateFault(
  { code, message }: { readonly code: string; readonly message: string },
  server: string,
  remedies: Remedies,
): string | null {
  const certificate = `the certificate of ${server}`;
  switch (certificateFault(code)) {
    case 'expired':
      return `${certificate} has expired: renew it on that server`;
    case 'notYetValid':
      return `${certificate} isn't valid yet: correct the clock of this machine or of that server`;
    case 'otherName':
      return `${certificate} is for other names (${message}): ${remedies.otherName}`;
    case 'untrusted':
      return `${certificate} is from an authority that isn't trusted (${message}): ${remedies.untrusted}`;
    case undefined:
    default:
      return null;
  }
}
