/**
 * Makes it for the first project of a run that asks, and gives the same to the others: each has its own instances of the modules
 * that set it up.
 */
export function onceForRun<Made>(name: string, make: () => Promise<Made>): Promise<Made> {
  const key = Symbol.for(`oratio.tests.${name}`);
  const made = globalThis as { [key: symbol]: Promise<Made> | undefined };
  made[key] ??= make();
  return made[key];
}
