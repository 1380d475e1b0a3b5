import { createTheme } from '@mantine/core';
import { texts } from './parts/texts.ts';

/** Only system fonts: nothing is loaded from another host. */
export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: 8,
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { tt: 'none', fw: 500, variant: 'light' } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': texts.cancel } } },
  },
});
