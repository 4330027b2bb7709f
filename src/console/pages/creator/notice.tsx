import { Alert, type AlertProps } from '@mantine/core';

/** Something that is to be seen, in the colours of this console. */
export function Notice({ kind, ...alert }: AlertProps & { kind: 'warning' | 'danger' | 'agent' }) {
  const colour = `var(--${kind})`;
  return (
    <Alert
      variant="light"
      {...alert}
      styles={{
        root: { background: `var(--${kind}-soft)` },
        title: { color: colour },
        icon: { color: colour },
        body: { minWidth: 0 },
        message: { color: 'var(--text)' },
      }}
    />
  );
}
