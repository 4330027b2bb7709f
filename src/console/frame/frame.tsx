import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Center,
  Group,
  Loader,
  NavLink,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconLogout, IconMoon, IconPhoneCall, IconSearch, IconSun } from '@tabler/icons-react';
import { Suspense, useEffect } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { live } from '../api/live.ts';
import { logOut } from '../api/log-in.ts';
import { ConnectionState } from './connection-state.tsx';
import { KeyHelp, useKeys } from './keys.tsx';
import { LogIn, LogInAgain } from './log-in.tsx';
import { PageBoundary } from './page-boundary.tsx';
import { PLACES, TestCallPage } from './places.tsx';
import { useSession } from './use-session.ts';

/** What is around every page: navigation, who is logged in, whether what is shown is live. */
export function Frame() {
  const state = useSession();
  if (state.kind === 'unknown') {
    return (
      <Center h="100vh">
        <Loader aria-label="Loading" />
      </Center>
    );
  }
  if (state.kind === 'out') return <LogIn />;
  return (
    <>
      <Shell actorName={state.session.actor.name} role={state.session.actor.role} />
      <LogInAgain isOpen={state.kind === 'expired'} />
    </>
  );
}

function Shell({ actorName, role }: { actorName: string; role: string }) {
  const [isNavOpen, { toggle, close }] = useDisclosure();
  const [location, navigate] = useLocation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark =
    colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  const keys = useKeys(navigate);
  // The stream opens with the page and stays: pages come and go.
  useEffect(() => live.follow(() => undefined), []);
  useEffect(() => {
    const place = PLACES.find(({ path }) => location.startsWith(path));
    document.title = `${place?.name ?? 'Test call'} · Oratio`;
    close();
  }, [location, close]);

  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isNavOpen } }}
      padding="md"
      transitionDuration={0}
    >
      <a href="#main" className="hidden-visually">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" gap="sm" wrap="nowrap">
          <Burger opened={isNavOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
          <Text fw={600} visibleFrom="xs">
            Oratio
          </Text>
          <ConnectionState />
          <Button
            variant="default"
            size="xs"
            ml="auto"
            leftSection={<IconSearch size={14} />}
            onClick={spotlight.open}
            aria-label="Go to a page or a call"
          >
            <span className="mono">Ctrl K</span>
          </Button>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={isDark ? 'Daylight colours' : 'Dark colours'}
            onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
          >
            {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
          </ActionIcon>
          <Text size="xs" c="dimmed" visibleFrom="sm">
            {actorName} ({role})
          </Text>
          <ActionIcon variant="subtle" color="gray" aria-label="Log out" onClick={logOut}>
            <IconLogout size={18} />
          </ActionIcon>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <Button component={Link} href="/test" leftSection={<IconPhoneCall size={16} />} mb="sm">
          Test call
        </Button>
        {PLACES.map(({ path, name, icon: Icon }) => (
          <NavLink
            key={path}
            component={Link}
            href={path}
            label={name}
            leftSection={<Icon size={18} stroke={1.6} />}
            active={location.startsWith(path)}
            {...(location.startsWith(path) && { 'aria-current': 'page' as const })}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <PageBoundary at={location}>
          <Suspense fallback={null}>
            <Switch>
              {PLACES.flatMap(({ path, page: Page }) => [
                <Route key={path} path={path} component={Page} />,
                <Route key={`${path}/*`} path={`${path}/*`} component={Page} />,
              ])}
              <Route path="/test" component={TestCallPage} />
              <Route>
                <Redirect to="/live" replace />
              </Route>
            </Switch>
          </Suspense>
        </PageBoundary>
      </AppShell.Main>
      <Spotlight
        actions={[
          ...PLACES.map(({ path, name, icon: Icon }) => ({
            id: path,
            label: name,
            leftSection: <Icon size={18} />,
            onClick: () => navigate(path),
          })),
          {
            id: '/test',
            label: 'Test call',
            leftSection: <IconPhoneCall size={18} />,
            onClick: () => navigate('/test'),
          },
        ]}
        shortcut="mod + K"
        nothingFound="Nothing found"
        searchProps={{ placeholder: 'Go to…', 'aria-label': 'Go to' }}
      />
      <KeyHelp {...keys} />
    </AppShell>
  );
}
