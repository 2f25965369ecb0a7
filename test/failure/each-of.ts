/** Does something for 0 to count - 1, so many at a time; the results in order. Rejects with the first failure. */
export async function eachOf<T>(count: number, atOnce: number, act: (index: number) => T | Promise<T>): Promise<T[]> {
  const results: T[] = Array.from({ length: count });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await act(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
  return results;
}
