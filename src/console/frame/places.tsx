import {
  IconAddressBook,
  IconBooks,
  IconChartLine,
  IconHeadset,
  IconHistory,
  IconPhone,
  IconSparkles,
  IconUsers,
} from '@tabler/icons-react';
import { type ComponentType, lazy } from 'react';
import LivePage from '../pages/live/live-page.tsx';

export interface Place {
  readonly path: string;
  readonly name: string;
  /** After `g`. */
  readonly key: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly page: ComponentType;
}

/** The screens, in the order of use. The first comes with the frame, each other one is loaded when it is first opened. */
export const PLACES: readonly Place[] = [
  { path: '/live', name: 'Live', key: 'l', icon: IconHeadset, page: LivePage },
  {
    path: '/calls',
    name: 'Calls',
    key: 'c',
    icon: IconHistory,
    page: lazy(() => import('../pages/calls/calls-page.tsx')),
  },
  {
    path: '/agents',
    name: 'Agents',
    key: 'a',
    icon: IconAddressBook,
    page: lazy(() => import('../pages/agents/agents-page.tsx')),
  },
  {
    path: '/numbers',
    name: 'Numbers',
    key: 'n',
    icon: IconPhone,
    page: lazy(() => import('../pages/numbers/numbers-page.tsx')),
  },
  {
    path: '/knowledge',
    name: 'Knowledge',
    key: 'k',
    icon: IconBooks,
    page: lazy(() => import('../pages/knowledge/knowledge-page.tsx')),
  },
  {
    path: '/creator',
    name: 'Creator',
    key: 'r',
    icon: IconSparkles,
    page: lazy(() => import('../pages/creator/creator-page.tsx')),
  },
  {
    path: '/overview',
    name: 'Overview',
    key: 'o',
    icon: IconChartLine,
    page: lazy(() => import('../pages/overview/overview-page.tsx')),
  },
  {
    path: '/people',
    name: 'People',
    key: 'p',
    icon: IconUsers,
    page: lazy(() => import('../pages/people/people-page.tsx')),
  },
];

export const TestCallPage = lazy(() => import('../pages/test-call/test-call-page.tsx'));
