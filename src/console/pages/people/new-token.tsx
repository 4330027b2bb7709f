import { Alert, Button, Code, CopyButton, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { request } from '../../api/client.ts';
import type { NewToken as CreatedToken } from '../../api/types.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';

const ROLES = [
  { value: 'admin', label: 'admin: everything' },
  { value: 'operator', label: 'operator: calls only' },
  { value: 'viewer', label: 'viewer: reading only' },
  { value: 'tester', label: 'tester: test calls and replays' },
];

/** Makes a token, and shows it this once. */
export function NewToken({ isOpen, close, created }: { isOpen: boolean; close: () => void; created: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<string | null>('operator');
  const [expires, setExpires] = useState('');
  const [error, setError] = useState<unknown>();
  const [token, setToken] = useState<CreatedToken>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      const body = { name, role, ...(expires !== '' && { expiresAt: new Date(`${expires}T23:59:59`).toISOString() }) };
      setToken(await request<CreatedToken>('/tokens', { method: 'POST', body }));
      created();
    } catch (reason) {
      setError(reason);
    }
  };
  const leave = () => {
    setToken(undefined);
    setName('');
    setExpires('');
    setError(undefined);
    close();
  };

  return (
    <Modal
      opened={isOpen}
      onClose={leave}
      title={token ? 'Copy the token now' : 'New token'}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={!token}
      closeOnEscape={!token}
    >
      {token ? (
        <Stack gap="sm">
          <Alert color="blue" variant="light">
            It is shown this once and kept as a hash: nobody can show it again.
          </Alert>
          <Code block data-testid="new-token">
            {token.token}
          </Code>
          <Group justify="flex-end">
            <CopyButton value={token.token}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
            <Button onClick={leave}>I have stored it</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack gap="sm">
            <TextInput
              label="Name"
              description="Whose it is, or what uses it."
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
              data-autofocus
            />
            <Select label="Role" data={ROLES} value={role} onChange={setRole} />
            <TextInput
              type="date"
              label="Valid until"
              description="Left empty: until it is revoked."
              value={expires}
              onChange={(event) => setExpires(event.currentTarget.value)}
            />
            {error !== undefined && <ProblemAlert error={error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={leave}>
                Cancel
              </Button>
              <Button type="submit">Create</Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
