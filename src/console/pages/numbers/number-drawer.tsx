import { Alert, Button, Drawer, Group, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import type { PhoneNumber } from '../../api/types.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useRole } from '../../parts/use-role.ts';
import { ConflictDialog } from './conflict-dialog.tsx';
import { NumberFields } from './number-fields.tsx';
import { PhoneField } from './phone-field.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { UnassignDialog } from './unassign-dialog.tsx';
import { useEditor } from './use-editor.ts';

interface DrawerProps {
  /** Null: a number that nobody has assigned yet. */
  readonly e164: string | null;
  readonly close: () => void;
  readonly sync: (e164: string) => void;
  /** Something else lies over it. */
  readonly isBehind: boolean;
}

/** One number beside the list: everything that can be said of it. */
export function NumberDrawer({ e164, close, sync, isBehind }: DrawerProps) {
  const isSmall = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false }) ?? false;
  // A dialog over it takes Escape for itself.
  const [isCovered, setCovered] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['number', e164],
    queryFn: ({ signal }) => request<PhoneNumber>(`/numbers/${encodeURIComponent(e164 ?? '')}`, { signal }),
    enabled: e164 !== null,
    // What was typed is laid on what is stored now, not on what was seen before.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={isSmall ? '100%' : 480}
      title={e164 === null ? 'Assign a number' : shownNumber(e164)}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnEscape={!isCovered && !isBehind}
      closeOnClickOutside={!isCovered && !isBehind}
      attributes={{ header: { role: 'presentation' } }}
    >
      {error && <ProblemAlert error={error} again={() => void refetch()} />}
      {(e164 === null || data) && (
        <NumberEditor number={data ?? null} close={close} sync={sync} setCovered={setCovered} />
      )}
    </Drawer>
  );
}

function NumberEditor(props: {
  number: PhoneNumber | null;
  close: () => void;
  sync: (e164: string) => void;
  setCovered: (isCovered: boolean) => void;
}) {
  const { number, close, sync, setCovered } = props;
  const editor = useEditor(number, setCovered, close);
  const { base, form, typed, errors, error, conflict, isDirty } = editor;
  const [isUnassigning, setUnassigning] = useState(false);
  const mayEdit = useRole() === 'admin';
  const cover = (isOver: boolean) => {
    setUnassigning(isOver);
    setCovered(isOver);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void editor.save();
      }}
    >
      <Stack gap="md" pb="md">
        {!mayEdit && <Alert variant="light">Only administrators change numbers.</Alert>}
        {editor.restoredAt !== undefined && (
          <Alert variant="light" role="status" title={`What you typed ${editor.restoredAt} is back`}>
            It is not saved yet.
            <Group mt="xs">
              <Button size="xs" variant="default" onClick={editor.discard}>
                Discard it
              </Button>
            </Group>
          </Alert>
        )}
        <fieldset disabled={!mayEdit} className="number-fields">
          <Stack gap="md">
            {base === null && (
              <PhoneField label="Number" value={typed} error={errors.number} change={editor.type} isFirst />
            )}
            <NumberFields form={form} errors={errors} set={editor.set} />
          </Stack>
        </fieldset>
        {base !== null && mayEdit && (
          <Group>
            <Button variant="default" onClick={() => sync(base.number)}>
              Sync with Twilio…
            </Button>
            <Button variant="outline" color="red" onClick={() => cover(true)}>
              Unassign…
            </Button>
          </Group>
        )}
      </Stack>
      {mayEdit && (
        <div className="number-save">
          {error !== undefined && <ProblemAlert error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {isDirty ? 'Close, keep as draft' : 'Close'}
            </Button>
            <Button type="submit" loading={editor.isSaving} disabled={!isDirty && base !== null}>
              {base === null ? 'Assign' : `Save as v${base.version + 1}`}
            </Button>
          </Group>
        </div>
      )}
      {conflict && (
        <ConflictDialog
          key={conflict.theirs.version}
          conflict={conflict}
          isSaving={editor.isSaving}
          settle={editor.settle}
          keepEditing={editor.keepEditing}
        />
      )}
      {editor.secret !== undefined && <SecretDialog secret={editor.secret} close={editor.secretStored} />}
      {isUnassigning && base !== null && (
        <UnassignDialog number={base} cancel={() => cover(false)} unassigned={editor.unassigned} />
      )}
    </form>
  );
}
