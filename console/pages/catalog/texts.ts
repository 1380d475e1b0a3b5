export const texts = {
  title: 'Catalog',
  none: 'There is no registry that you can read',
} as const;
