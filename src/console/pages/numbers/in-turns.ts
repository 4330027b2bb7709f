/** Few at a time: what is asked of the bridge for many numbers leaves room for its calls. */
const AT_ONCE = 4;

/** Does it for every item, some at a time; results in the order of the items. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
