/** Reports the moments at which the client should check its connection, or reconnect at once. */
export interface Environment {
  /** MUST call `callback` at every such moment until the returned function is called. */
  onWake(callback: () => void): () => void;
}

interface Page extends EventSource {
  document?: EventSource & { visibilityState?: string };
}

interface EventSource {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

const page = globalThis as Page;

/** Nobody looks at a hidden page. When it is shown, the environment reports that. */
export const isPageHidden = (): boolean => page.document?.visibilityState === "hidden";

/**
 * The environment of a browser. It calls back when the network comes or goes, and when the page is shown again or comes
 * out of the back/forward cache, because timers may have been suspended. It never calls back in Node, which has no
 * such events.
 */
export const browserEnvironment: Environment = {
  onWake(callback) {
    const { document } = page;
    const onVisibility = (): void => {
      if (!isPageHidden()) callback();
    };
    const each = (method: keyof EventSource): void => {
      for (const type of ["online", "offline", "pageshow"]) page[method]?.(type, callback);
      document?.[method]?.("visibilitychange", onVisibility);
    };
    each("addEventListener");
    return () => each("removeEventListener");
  },
};
