import type { Hosting } from '../deployments.js';
import type { PythonMachine } from './machine.js';
import { pythonRuntime } from './runtime.js';

/** What agents wrote themselves lies at the top of a package; folders hold vendored packages, which are stand-ins here. */
const OWN_FILE = /^[^/]+\.(?:py|md|json|txt)$/;

/** Runs packages of Python code on the machine. */
export function pythonHosting(machine: PythonMachine, read: Hosting['read'], creatingMs?: number): Hosting {
  return {
    read,
    run({ arn, files, entryPoint, environment }) {
      const own = [...files].filter(([path]) => OWN_FILE.test(path));
      const texts = Object.fromEntries(own.map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]));
      return pythonRuntime({ arn, files: texts, entryPoint, environment }, machine);
    },
    ...(creatingMs !== undefined && { creatingMs }),
  };
}
