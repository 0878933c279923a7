/** Reports the moments at which the client should check its connection, or reconnect at once. */
export interface Environment {
  /** MUST call `callback` at every such moment until the returned function is called. */
  onWake(callback: () => void): () => void;
}

interface EventSource {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/**
 * The environment of a browser. It calls back when the network comes or goes, and when the page is shown again or comes
 * out of the back/forward cache, because timers may have been suspended. It never calls back in Node, which has no
 * such events.
 */
export const browserEnvironment: Environment = {
  onWake(callback) {
    const page = globalThis as EventSource & { document?: EventSource & { visibilityState?: string } };
    const { document } = page;
    const onVisibility = (): void => {
      if (document?.visibilityState === "visible") callback();
    };
    const each = (method: keyof EventSource): void => {
      for (const type of ["online", "offline", "pageshow"]) page[method]?.(type, callback);
      document?.[method]?.("visibilitychange", onVisibility);
    };
    each("addEventListener");
    return () => each("removeEventListener");
  },
};
