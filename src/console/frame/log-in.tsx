import { Alert, Button, Center, Modal, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { logIn } from '../api/log-in.ts';
import { wordsOf } from '../api/problem.ts';

function TokenForm({ hint }: { hint: string }) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isAsking, setAsking] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setAsking(true);
    setProblem(undefined);
    try {
      await logIn(token.trim());
      setToken('');
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setAsking(false);
    }
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
        <PasswordInput
          label="Token"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="current-password"
          data-autofocus
          required
        />
        {problem !== undefined && (
          <Alert color="red" variant="light" role="alert">
            {problem}
          </Alert>
        )}
        <Button type="submit" loading={isAsking}>
          Log in
        </Button>
      </Stack>
    </form>
  );
}

/** The page of who is not logged in. */
export function LogIn() {
  return (
    <Center h="100vh" p="md" component="main">
      <Paper withBorder p="lg" w={380} radius="lg">
        <Title order={1} mb="xs">
          Oratio voice bridge
        </Title>
        <TokenForm hint="Log in with a token. The first one is ADMIN_TOKEN; on the local stack it is printed where you started it." />
      </Paper>
    </Center>
  );
}

/** Opens over the page when the session has ended: what was typed stays where it is, and what was asked is asked again. */
export function LogInAgain({ isOpen }: { isOpen: boolean }) {
  return (
    <Modal opened={isOpen} onClose={() => undefined} withCloseButton={false} title="Your session has ended">
      <TokenForm hint="Log in again: what you typed is kept, and what you asked for is done then." />
    </Modal>
  );
}
