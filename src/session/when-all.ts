/** Goes on with all of them: at once when none has to be waited for. */
export function whenAll<T, R>(values: readonly (T | Promise<T>)[], then: (all: readonly T[]) => R | Promise<R>): R | Promise<R> {
  if (!values.some((value) => value instanceof Promise)) return then(values as readonly T[]);
  return Promise.all(values.map((value) => Promise.resolve(value))).then(then);
}
