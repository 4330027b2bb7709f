import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** Shade 8 carries white text, and is text itself on white. */
const blue: MantineColorsTuple = [
  '#e7f1fb',
  '#d0e3f7',
  '#a5caf0',
  '#7cb8ff',
  '#5aa2ec',
  '#3d8bdb',
  '#2475c8',
  '#1a67b8',
  '#0b5cad',
  '#094d92',
];
const red: MantineColorsTuple = [
  '#fdecea',
  '#fad6d2',
  '#f5b1aa',
  '#ff958b',
  '#e8766b',
  '#dc5a4d',
  '#cc3d30',
  '#c02f22',
  '#b42318',
  '#971c12',
];

/** Quiet and dense; colour only for meaning. The tokens are in `tokens.css`. */
export const theme = createTheme({
  primaryColor: 'blue',
  colors: { blue, red },
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '18px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '2px', sm: '4px', md: '4px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '22px', lineHeight: '28px' },
      h2: { fontSize: '18px', lineHeight: '24px' },
      h3: { fontSize: '16px', lineHeight: '24px' },
    },
  },
  components: {
    Badge: { styles: { root: { textTransform: 'none' } } },
    Tooltip: { defaultProps: { withArrow: true, transitionProps: { duration: 120 } } },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 120 },
        centered: true,
        closeButtonProps: { 'aria-label': 'Close' },
        // A page has one banner; the head of a dialog is none.
        attributes: { header: { role: 'presentation' } },
      },
    },
    Drawer: {
      defaultProps: { transitionProps: { duration: 120 }, attributes: { header: { role: 'presentation' } } },
    },
    // What must have a value keeps it when the same is chosen again. What may be empty is emptied so by keys: the cross is for the mouse.
    Select: { defaultProps: { allowDeselect: false } },
    // The cross of a notice has no name of its own.
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
  },
});
