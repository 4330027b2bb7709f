import { buildConsole } from '../../src/console-build.js';

/** Once for the whole run: tests beside each other must not build it twice. */
export default buildConsole;
