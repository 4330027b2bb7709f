import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { request } from '../../api/client.ts';
import { wordsOf } from '../../api/problem.ts';
import type { Token } from '../../api/types.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownAgo, shownMoment } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';
import { More } from '../../parts/more.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useNow } from '../../parts/use-now.ts';
import { usePages } from '../../parts/use-pages.ts';
import { NewToken } from './new-token.tsx';

const MINUTE_MS = 60_000;

export function TokenList() {
  const { items, error, isLoading, again, ...more } = usePages<Token>('/tokens');
  const queries = useQueryClient();
  const [isCreating, { open, close }] = useDisclosure();
  const nowMs = useNow(MINUTE_MS);

  const askRevoke = (token: Token) =>
    modals.openConfirmModal({
      title: `Revoke “${token.name}”?`,
      children: 'Whoever uses it is refused from now on, in open pages within 15 seconds. This cannot be undone.',
      labels: { confirm: 'Revoke', cancel: 'Cancel' },
      confirmProps: { color: 'red' },
      cancelProps: { 'data-autofocus': true },
      onConfirm: () =>
        request(`/tokens/${encodeURIComponent(token.id)}`, { method: 'DELETE' }).then(
          () => queries.invalidateQueries({ queryKey: ['pages'] }),
          (reason: unknown) => notifications.show({ color: 'red', message: wordsOf(reason), autoClose: false }),
        ),
    });

  if (error) return <ProblemAlert error={error} again={again} />;
  return (
    <>
      <Group mb="sm">
        <Button leftSection={<IconPlus size={16} />} onClick={open}>
          New token
        </Button>
      </Group>
      {!isLoading && items.length === 0 && (
        <Empty title="No tokens yet">You are logged in with ADMIN_TOKEN. Give everybody a token of their own.</Empty>
      )}
      {items.length > 0 && (
        <List label="Tokens" columns={['Name', 'Role', 'Created', 'Last used', 'State', 'Action']}>
          {items.map((token) => (
            <tr key={token.id}>
              <td className="wide">{token.name}</td>
              <td>{token.role}</td>
              <td className="tabular">{shownMoment(token.createdAt)}</td>
              <td className="tabular">{token.lastUsedAt === null ? 'never' : shownAgo(token.lastUsedAt, nowMs)}</td>
              <td>{stateOf(token, nowMs)}</td>
              <td>
                {token.revokedAt === null && (
                  <Button
                    size="compact-sm"
                    variant="outline"
                    color="red"
                    onClick={() => askRevoke(token)}
                    aria-label={`Revoke ${token.name}`}
                  >
                    Revoke…
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </List>
      )}
      <More {...more} />
      <NewToken isOpen={isCreating} close={close} created={() => queries.invalidateQueries({ queryKey: ['pages'] })} />
    </>
  );
}

function stateOf({ revokedAt, expiresAt }: Token, nowMs: number): string {
  if (revokedAt !== null) return `revoked ${shownMoment(revokedAt)}`;
  if (expiresAt === null) return 'valid';
  return Date.parse(expiresAt) < nowMs ? `expired ${shownMoment(expiresAt)}` : `valid until ${shownMoment(expiresAt)}`;
}
