import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './frame/tokens.css';
import { live } from './api/live.ts';
import { hasBeenHere, lookUp } from './api/log-in.ts';
import { session } from './api/session.ts';

// What must go to the bridge and back sets out before what draws it is there.
if (hasBeenHere()) {
  void lookUp();
  live.prepare();
} else session.ended();
void import('./main.tsx');
