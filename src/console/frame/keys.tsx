import { Kbd, Modal, Switch, Table } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { PLACES } from './places.tsx';

const OFF_KEY = 'oratio.single-keys-off';
/** Whether the person has switched single keys off. */
export function areSingleKeysOff(): boolean {
  return localStorage.getItem(OFF_KEY) === 'yes';
}

/** How long a `g` waits for the next key, in ms. */
const NEXT_KEY_MS = 1500;

/** Single keys for those who want them: `g` and a letter goes to a page, `?` shows all. Never while something is typed. */
export function useKeys(navigate: (path: string) => void) {
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isOff, setOff] = useState(areSingleKeysOff);
  const goneAtMs = useRef(0);

  useEffect(() => {
    if (isOff) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') setHelpOpen(true);
      if (event.key === 'g') {
        goneAtMs.current = event.timeStamp;
        return;
      }
      const place = PLACES.find(({ key }) => key === event.key);
      if (place && goneAtMs.current > 0 && event.timeStamp - goneAtMs.current < NEXT_KEY_MS) navigate(place.path);
      goneAtMs.current = 0;
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [isOff, navigate]);

  return {
    isHelpOpen,
    closeHelp: () => setHelpOpen(false),
    isOff,
    setOff(next: boolean) {
      localStorage.setItem(OFF_KEY, next ? 'yes' : 'no');
      setOff(next);
    },
  };
}

export function KeyHelp({ isHelpOpen, closeHelp, isOff, setOff }: ReturnType<typeof useKeys>) {
  return (
    <Modal opened={isHelpOpen} onClose={closeHelp} title="Keys" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Table>
        <Table.Tbody>
          <Table.Tr>
            <Table.Td>Go to a page</Table.Td>
            <Table.Td>
              <Kbd>Ctrl</Kbd> <Kbd>K</Kbd>
            </Table.Td>
          </Table.Tr>
          {PLACES.map(({ path, name, key }) => (
            <Table.Tr key={path}>
              <Table.Td>{name}</Table.Td>
              <Table.Td>
                <Kbd>g</Kbd> <Kbd>{key}</Kbd>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Switch
        mt="md"
        label="Single keys do nothing"
        checked={isOff}
        onChange={(event) => setOff(event.currentTarget.checked)}
      />
    </Modal>
  );
}

/** Keys belong to the field that they are pressed in. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
