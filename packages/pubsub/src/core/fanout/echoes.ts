import { consumerId } from "../consumer.ts";
import type { StoredEvent } from "../types.ts";
import type { Echo, PendingConsumer } from "./message.ts";

/** The field of a message or a run for these echoes. Without any, the message is as it was before there were echoes. */
export const echoesField = (echoes: readonly Echo[]): { echoes?: readonly Echo[] } =>
  echoes.length > 0 ? { echoes } : {};

/** Returns the echoes of these events. */
export function echoesOf(
  echoes: readonly Echo[] = [],
  events: readonly Pick<StoredEvent, "offset">[],
): readonly Echo[] {
  return echoes.filter(({ offset }) => events.some((event) => event.offset === offset));
}

/** Returns the echoes of these events that concern one of these consumers. */
export function echoesFor(
  echoes: readonly Echo[] = [],
  events: readonly StoredEvent[],
  consumers: readonly PendingConsumer[],
): readonly Echo[] {
  if (echoes.length === 0) return [];
  const ids = new Set(consumers.map(({ consumer }) => consumerId(consumer)));
  return echoesOf(echoes, events).filter(({ consumer }) => ids.has(consumerId(consumer)));
}

/**
 * Merges the echoes of two messages. An event that both name is an echo only if both say so: a message of a repeated
 * publication wants it posted to every subscriber.
 */
export function mergeEchoes(
  one: { offsets: readonly number[]; echoes?: readonly Echo[] | undefined },
  other: { offsets: readonly number[]; echoes?: readonly Echo[] | undefined },
): readonly Echo[] {
  const { echoes: own = [] } = one;
  const { echoes: others = [] } = other;
  const isIn = (list: readonly Echo[], { offset }: Echo): boolean =>
    list.some((echo) => echo.offset === offset);
  return [
    ...own.filter((echo) => !other.offsets.includes(echo.offset) || isIn(others, echo)),
    ...others.filter(({ offset }) => !one.offsets.includes(offset)),
  ];
}

/** Returns whether a consumer has an event already, because its own response was the event. */
export type HasEcho = (pending: PendingConsumer, event: Pick<StoredEvent, "offset">) => boolean;

const NEVER: HasEcho = () => false;

/** A subscription of the format `data` has no offsets, so it gets every event. */
export function createHasEcho(echoes: readonly Echo[] = []): HasEcho {
  if (echoes.length === 0) return NEVER;
  const offsets = new Map<string, Set<number>>();
  for (const { offset, consumer } of echoes) {
    const id = consumerId(consumer);
    offsets.set(id, (offsets.get(id) ?? new Set()).add(offset));
  }
  return ({ consumer, format }, { offset }) =>
    format === "event" && offsets.get(consumerId(consumer))?.has(offset) === true;
}
