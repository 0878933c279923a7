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
