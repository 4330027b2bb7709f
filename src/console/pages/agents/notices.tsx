import { Alert, Button, Group, Stack } from '@mantine/core';
import { shownMoment } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import type { Editor } from './use-editor.ts';

/** What has to be known before anything is typed: a draft that came back, what the API refused. */
export function Notices({
  editor,
  latestVersion,
  mayEdit,
}: {
  editor: Editor;
  latestVersion: number;
  mayEdit: boolean;
}) {
  const { version, isDirty, restoredAt, error } = editor;
  const isRestored = restoredAt !== undefined && isDirty;
  if (mayEdit && !isRestored && error === undefined) return null;
  return (
    <Stack gap="sm" mb="sm">
      {!mayEdit && (
        <Alert color="gray" variant="light">
          You may look at agents, not change them.
        </Alert>
      )}
      {isRestored && (
        <Alert color="blue" variant="light" title="Your draft is back" role="status">
          <Group justify="space-between" gap="sm">
            <span>
              {`Typed ${shownMoment(restoredAt)}${version > 0 ? ` on v${version}` : ''} and not saved. Secrets are not kept in drafts: give them again.`}
              {version < latestVersion &&
                ` Meanwhile somebody saved v${latestVersion}: saving shows both, and overwrites nothing.`}
            </span>
            <Button size="xs" variant="default" onClick={editor.discard}>
              Discard the draft
            </Button>
          </Group>
        </Alert>
      )}
      {error !== undefined && <ProblemAlert error={error} />}
    </Stack>
  );
}
