/** Roles allow more than reading. Claims of the token determine a caller's roles. */
export const ROLES = ['superAdmin', 'manageSources', 'manageRegistries', 'manageEntries'] as const;
/** A superAdmin has all other roles and can read everything, regardless of claims. */
export type Role = (typeof ROLES)[number];
