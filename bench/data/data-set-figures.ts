/**
 * Distributions measured on the official registry in November 2025 (1,785 entries of 829 servers), so that generated data
 * has the same shape.
 */
import type { Quantiles, Weighted } from './random.ts';

/** One version: 65 % of the servers. Two or more: the rest; the mean is 2.15. */
export const VERSIONS_PER_SERVER: Weighted<number> = [
  [543, 1],
  [129, 2],
  [50, 3],
  [34, 4],
  [21, 5],
  [13, 6],
  [11, 7],
  [2, 8],
  [3, 9],
  [2, 10],
  [4, 11],
  [2, 12],
  [2, 13],
  [3, 14],
  [3, 15],
  [1, 18],
  [1, 20],
  [1, 28],
  [1, 29],
  [1, 31],
  [1, 32],
  [1, 36],
];

/** What an entry offers: the registry types of its packages and the transports of its remotes, by number of entries. */
export interface Offering {
  readonly packages: readonly string[];
  readonly remotes: readonly string[];
}

const HTTP = 'streamable-http';
export const OFFERINGS: Weighted<Offering> = [
  [518, { packages: [], remotes: [HTTP] }],
  [462, { packages: ['npm'], remotes: [] }],
  [262, { packages: ['pypi'], remotes: [] }],
  [126, { packages: ['oci'], remotes: [] }],
  [81, { packages: ['npm', 'npm'], remotes: [] }],
  [60, { packages: [], remotes: [] }],
  [57, { packages: [], remotes: [HTTP, 'sse'] }],
  [48, { packages: ['pypi', 'oci'], remotes: [] }],
  [36, { packages: [], remotes: ['sse'] }],
  [26, { packages: ['mcpb'], remotes: [] }],
  [23, { packages: ['nuget'], remotes: [] }],
  [22, { packages: ['npm', 'oci', 'mcpb'], remotes: [] }],
  [21, { packages: ['npm'], remotes: [HTTP] }],
  [15, { packages: ['oci'], remotes: ['sse', HTTP] }],
  [14, { packages: ['npm'], remotes: [HTTP, HTTP] }],
  [8, { packages: ['mcpb', 'mcpb', 'mcpb', 'mcpb', 'mcpb'], remotes: [] }],
  [6, { packages: ['pypi'], remotes: [HTTP] }],
];

/** Bytes of server.json without white space, for entries with packages: 977 on average. */
export const PACKAGE_DOCUMENT_BYTES: Quantiles = [
  [0, 305],
  [0.05, 391],
  [0.1, 411],
  [0.2, 450],
  [0.3, 483],
  [0.4, 517],
  [0.5, 600],
  [0.6, 707],
  [0.7, 914],
  [0.8, 1297],
  [0.9, 1919],
  [0.95, 2399],
  [0.98, 3738],
  [0.995, 5107],
  [1, 34_923],
];

/** The same for entries without packages: 503 on average. */
export const REMOTE_DOCUMENT_BYTES: Quantiles = [
  [0, 245],
  [0.1, 340],
  [0.2, 358],
  [0.3, 378],
  [0.4, 430],
  [0.5, 510],
  [0.6, 560],
  [0.7, 587],
  [0.8, 610],
  [0.9, 636],
  [0.95, 655],
  [0.98, 717],
  [0.995, 1206],
  [1, 7738],
];

/** Characters of a whole name, `namespace/name`. */
export const NAME_LENGTH: Quantiles = [
  [0, 10],
  [0.05, 16],
  [0.1, 19],
  [0.2, 25],
  [0.3, 28],
  [0.4, 30],
  [0.5, 33],
  [0.6, 35],
  [0.7, 37],
  [0.8, 40],
  [0.9, 44],
  [0.95, 48],
  [0.99, 55],
  [1, 60],
];

export const DESCRIPTION_LENGTH: Quantiles = [
  [0, 3],
  [0.05, 31],
  [0.1, 44],
  [0.2, 60],
  [0.3, 72],
  [0.4, 81],
  [0.5, 87],
  [0.6, 91],
  [0.7, 93],
  [0.8, 98],
  [1, 100],
];

/** Half of the servers live below a user of GitHub, a quarter in the one large namespace of a hosting company. */
export const NAMESPACES: Weighted<'github' | 'hosting' | 'domain'> = [
  [498, 'github'],
  [254, 'hosting'],
  [248, 'domain'],
];

/** Namespaces of more than one server are rare: 42 of 533, the large one aside. */
export const SHARE_OF_KNOWN_NAMESPACE = 0.14;

/** The notation of a version. */
export const VERSION_STYLES: Weighted<'semver' | 'prerelease' | 'prefixed'> = [
  [945, 'semver'],
  [36, 'prerelease'],
  [19, 'prefixed'],
];

export const SHARE_WITH_REPOSITORY = 0.93;
/** The share of those that are an empty object, which the schema forbids. */
export const SHARE_OF_EMPTY_REPOSITORY = 0.16;
export const SHARE_WITH_TITLE = 0.17;
export const SHARE_WITH_WEBSITE = 0.06;
