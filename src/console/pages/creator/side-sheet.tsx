import { Button, Drawer } from '@mantine/core';
import { type ComponentProps, useState } from 'react';
import { openOf, SidePanel } from './side-panel.tsx';

/** Where there is no room beside the work: the same in a sheet over it, from a button that is always there. */
export function SideSheet({ followed, ...panel }: ComponentProps<typeof SidePanel>) {
  const [isOpen, setOpen] = useState(false);
  // The code has the focus then.
  const [isLine, setLine] = useState(false);
  return (
    <div className="creator-sheet">
      <Button
        fullWidth
        aria-haspopup="dialog"
        onClick={() => {
          setLine(false);
          setOpen(true);
        }}
      >
        Findings {openOf(panel.remarks)} and coverage
      </Button>
      <Drawer
        opened={isOpen}
        onClose={() => setOpen(false)}
        position="bottom"
        size="75%"
        title="Findings and coverage"
        closeButtonProps={{ 'aria-label': 'Close' }}
        returnFocus={!isLine}
      >
        <SidePanel
          {...panel}
          followed={(hasLine) => {
            setLine(hasLine);
            setOpen(false);
            followed(hasLine);
          }}
        />
      </Drawer>
    </div>
  );
}
