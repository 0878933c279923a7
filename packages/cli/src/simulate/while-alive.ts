const never = new Promise<never>(() => {});

/**
 * Returns the port as a process sees it that Lambda ends: once `isAlive` returns false, its calls do nothing and never
 * return.
 */
export function whileAlive<Port extends object>(port: Port, isAlive: () => boolean): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown =>
        isAlive() ? Reflect.apply(member, target, args) : never;
    },
  });
}
