import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core';

/** Shows what the webhook is signed with, this once. */
export function SecretDialog({ secret, close }: { secret: string; close: () => void }) {
  return (
    <Modal
      opened
      onClose={close}
      title="Saved. Copy the secret of the webhook now"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="sm">
        <Alert variant="light">
          It is shown this once. Records of calls are signed with it: who receives them checks that they are from here.
        </Alert>
        <Code block data-testid="webhook-secret" className="number-secret">
          {secret}
        </Code>
        <Group justify="flex-end">
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy} data-autofocus>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
          <Button onClick={close}>I have stored it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
