/** A map of what a process remembers: it forgets the entries that were set longest ago. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  /** Makes this the newest entry. */
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** `mayForget` protects entries that are in use: with too many of those, the map grows beyond `maxSize`. */
export function createBoundedMap<Value>(
  maxSize: number,
  mayForget: (value: Value) => boolean = () => true,
): BoundedMap<Value> {
  // A map iterates in the order of insertion
  const entries = new Map<string, Value>();

  function forgetOldest(): void {
    for (const [key, value] of entries) {
      if (entries.size <= maxSize) return;
      if (mayForget(value)) entries.delete(key);
    }
  }

  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      forgetOldest();
    },
    delete: (key) => void entries.delete(key),
  };
}
