export const texts = {
  product: 'Rollcall',
  skip: 'Skip to the content',
  navigation: 'Main navigation',
  openNavigation: 'Open the navigation',
  closeNavigation: 'Close the navigation',
  colorScheme: 'Color scheme',
  schemes: { auto: 'Like the system', light: 'Light', dark: 'Dark' },
  notFound: 'There is no page at this address.',
  toCatalog: 'Go to the catalog',
  version: (version: string) => `Version ${version}`,
  apiDescription: 'API description',
} as const;
