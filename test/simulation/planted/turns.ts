const AT_ONCE = 2;

/** Does work for each item, two at a time; results in the order of the items. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const turns = [...items.entries()];
  const worker = async () => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) results[turn[0]] = await work(turn[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
