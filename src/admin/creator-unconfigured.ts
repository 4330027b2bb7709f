import { BridgeError } from '../errors.js';
import type { CreatorPorts } from './creator.js';

/** AgentCreator where it is not set up: earlier jobs can be looked at, and `words` say what is missing. */
export function unconfiguredCreator(jobs: CreatorPorts['jobs'], words: string): CreatorPorts {
  const refuse = () => Promise.reject(new BridgeError('CREATOR_NOT_CONFIGURED', words));
  return { jobs, whyNot: words, start: refuse, approve: refuse, retry: refuse, cancel: refuse };
}
