import { Menu } from '@mantine/core';
import { IconHeadphones, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react';
import { type Ref, useImperativeHandle } from 'react';
import type { LiveCall } from '../../api/live-call.ts';
import { askHangUp, askTransfer } from './actions.tsx';
import { useWhyNot } from './use-why-not.ts';

/** What can be done about the call of a row, at the button that was pressed. */
export function RowMenu(props: {
  call: LiveCall;
  button: HTMLElement;
  close: () => void;
  open: (callSid: string) => void;
}) {
  const { call, button, close, open } = props;
  const whyNot = useWhyNot();
  const isOff = whyNot !== undefined;
  return (
    <Menu opened onClose={close} position="bottom-end" transitionProps={{ duration: 0 }} returnFocus>
      <Menu.Target>
        <There element={button} />
      </Menu.Target>
      <Menu.Dropdown>
        {isOff && <Menu.Label>{whyNot}</Menu.Label>}
        <Menu.Item disabled={isOff} leftSection={<IconHeadphones size={14} />} onClick={() => open(call.callSid)}>
          Listen in
        </Menu.Item>
        <Menu.Item disabled={isOff} leftSection={<IconPhoneOutgoing size={14} />} onClick={() => askTransfer(call)}>
          Transfer…
        </Menu.Item>
        <Menu.Item
          disabled={isOff}
          leftSection={<IconPhoneOff size={14} />}
          color="red"
          onClick={() => askHangUp(call)}
        >
          Hang up…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Stands for an element that is there already. */
function There({ element, ref }: { element: HTMLElement; ref?: Ref<HTMLElement> }) {
  useImperativeHandle(ref, () => element, [element]);
  return null;
}
