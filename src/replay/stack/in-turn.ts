/** Runs work one after the other for each key, in the order in which it was asked for; a failure holds up nothing. */
export function inTurn() {
  const last = new Map<string, Promise<unknown>>();
  return <Result>(key: string, work: () => Promise<Result>): Promise<Result> => {
    const done = (last.get(key) ?? Promise.resolve()).then(work);
    last.set(
      key,
      done.catch(() => undefined),
    );
    return done;
  };
}
