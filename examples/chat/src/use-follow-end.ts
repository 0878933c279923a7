import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

export interface FollowedEnd {
  list: RefObject<HTMLOListElement | null>;
  isAtEnd: boolean;
  /** Whether something was added at the end that has not been in view. */
  hasNew: boolean;
  goToEnd(): void;
}

/** A list that is scrolled at most this far from the end follows new messages. */
const NEAR_END_PX = 80;

/**
 * Keeps a list at its end when items are added there, unless the reader has scrolled away. The reader's own message always
 * leads to the end.
 */
export function useFollowEnd(lastId: string | undefined, isMine: boolean): FollowedEnd {
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const [seenId, setSeenId] = useState(lastId);

  const goToEnd = useCallback((): void => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, []);

  useLayoutEffect(() => {
    if (lastId !== undefined && (follows.current || isMine)) goToEnd();
  }, [lastId, isMine, goToEnd]);

  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const onScroll = (): void => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
      setIsAtEnd(follows.current);
    };
    // A keyboard that opens, or a field that grows, makes the list shorter
    const observer = new ResizeObserver(() => {
      if (follows.current) goToEnd();
    });
    observer.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, [goToEnd]);

  if (isAtEnd && seenId !== lastId) setSeenId(lastId);
  return { list, isAtEnd, hasNew: seenId !== lastId, goToEnd };
}
