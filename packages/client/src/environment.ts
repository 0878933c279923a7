/** Tells of moments when a connection should be looked after, or tried again without waiting. */
export interface Environment {
  /** MUST call back on every such moment until the returned function is called. */
  onWake(callback: () => void): () => void;
}

interface EventSource {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/**
 * A browser's: the network comes or goes, the page is shown again or comes out of the back/forward cache. Timers
 * may have slept all the while. Where there are no such events, as in Node, nothing is ever told.
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
