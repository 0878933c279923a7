/** Runs a task for each item, for at most `count` items at once. The tasks must not reject. */
export async function forEachAtOnce<Item>(
  count: number,
  items: readonly Item[],
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await task(item);
  };
  await Promise.all(Array.from({ length: count }, work));
}

/** Runs a task for each item as `forEachAtOnce` does. A task may reject: the others run all the same, then it throws. */
export async function tryEachAtOnce<Item>(
  count: number,
  items: readonly Item[],
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await forEachAtOnce(count, items, (item) =>
    task(item).catch((error: unknown) => void failures.push(error)),
  );
  if (failures.length > 0) throw failures[0];
}
