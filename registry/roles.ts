/** What somebody may do beyond reading; claims decide who has which. */
export const ROLES = ['superAdmin', 'manageSources', 'manageRegistries', 'manageEntries'] as const;
/** A superAdmin has all the others, and sees everything whatever its claims. */
export type Role = (typeof ROLES)[number];
