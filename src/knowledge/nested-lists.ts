/** One page of a service's list; no token: the last. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextToken?: string | undefined;
}

/** Where a list of lists goes on: the token of the outer list before its current item, and that within the inner one. */
export interface NestedPosition {
  readonly outer?: string | undefined;
  readonly inner?: string | undefined;
}

/** Outer items that one page looks into; more of them may be empty. */
const MAX_LOOKED_INTO = 25;

/**
 * One page of all inner items of all outer ones, in order; it may be short, even empty, while there are more.
 * `outerPage` is asked for one item at a time.
 */
export async function nestedPage<Outer, Inner>(
  { limit, position = {} }: { limit: number; position?: NestedPosition | undefined },
  outerPage: (token: string | undefined) => Promise<ListPage<Outer>>,
  innerPage: (outer: Outer, limit: number, token: string | undefined) => Promise<ListPage<Inner>>,
): Promise<{ items: Inner[]; next: NestedPosition | undefined }> {
  const items: Inner[] = [];
  let { outer, inner }: NestedPosition = position;
  for (let lookedInto = 0; lookedInto < MAX_LOOKED_INTO; lookedInto++) {
    if (items.length >= limit) break;
    const { items: outers, nextToken } = await outerPage(outer);
    const [current] = outers;
    if (current !== undefined) {
      const page = await innerPage(current, limit - items.length, inner);
      items.push(...page.items);
      if (page.nextToken !== undefined) {
        inner = page.nextToken;
        continue;
      }
    }
    if (nextToken === undefined) return { items, next: undefined };
    outer = nextToken;
    inner = undefined;
  }
  return { items, next: { outer, inner } };
}
