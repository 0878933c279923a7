import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Answer<Data> {
  data?: Data;
  error?: unknown;
  isLoading: boolean;
  reload(): void;
}

/** Asks the server when the view opens, and again after `everyMs` for as long as it returns a number. */
export function useAnswer<Data>(
  ask: () => Promise<Data>,
  everyMs: (data: Data | undefined, tookMs: number) => number | undefined = () => undefined,
): Answer<Data> {
  const [state, setState] = useState<{ data?: Data; error?: unknown; isLoading: boolean }>({
    isLoading: true,
  });
  const asked = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const run = useCallback(async () => {
    asked.current += 1;
    const mine = asked.current;
    clearTimeout(timer.current);
    setState((before) => ({ ...before, isLoading: true }));
    const startedMs = performance.now();
    let data: Data | undefined;
    try {
      data = await ask();
      if (mine === asked.current) setState({ data, isLoading: false });
    } catch (error) {
      if (mine === asked.current)
        setState(({ data }) => ({ ...(data && { data }), error, isLoading: false }));
    }
    const next = everyMs(data, performance.now() - startedMs);
    if (mine === asked.current && next !== undefined) timer.current = setTimeout(run, next);
  }, []);
  useEffect(() => {
    void run();
    return () => {
      asked.current += 1;
      clearTimeout(timer.current);
    };
  }, [run]);
  return { ...state, reload: run };
}
