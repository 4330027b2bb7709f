/** What can be reached from itself, with all that is on the way; found by Tarjan's algorithm, without recursion. */
export function components(starts: readonly number[], next: (node: number) => readonly number[]): number[][] {
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const found: number[][] = [];
  const lower = (node: number, to: number | undefined) =>
    low.set(node, Math.min(low.get(node) ?? Infinity, to ?? Infinity));
  for (const start of starts) {
    if (order.has(start)) continue;
    const path: { node: number; rest: number[] }[] = [];
    const enter = (node: number) => {
      order.set(node, order.size);
      lower(node, order.get(node));
      open.push(node);
      isOpen.add(node);
      path.push({ node, rest: [...next(node)] });
    };
    enter(start);
    for (let step = path.at(-1); step; step = path.at(-1)) {
      const { node, rest } = step;
      const to = rest.pop();
      if (to !== undefined) {
        if (!order.has(to)) enter(to);
        else if (isOpen.has(to)) lower(node, order.get(to));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent) lower(parent.node, low.get(node));
      if (low.get(node) !== order.get(node)) continue;
      const component = open.splice(open.indexOf(node));
      for (const each of component) isOpen.delete(each);
      if (component.length > 1 || next(node).includes(node)) found.push(component);
    }
  }
  return found;
}
