import { afterAll, vi } from 'vitest';

// Files share a process: each leaves the environment as it found it.
afterAll(() => {
  vi.unstubAllEnvs();
});
