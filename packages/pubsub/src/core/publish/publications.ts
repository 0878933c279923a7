import { errorMessage } from "../error-message.ts";
import { isPubsubError, PubsubError } from "../errors.ts";
import type { EventDraft } from "../log/append.ts";
import { type Span, type Tracing, traceField } from "../tracing.ts";
import type { Consumer } from "../types.ts";

/** A publication whose arguments are valid. */
export interface Prepared {
  topicId: string;
  draft: EventDraft;
  /** The connection that publishes, if one does. */
  by?: Consumer | undefined;
}

/** A publication that is being published. */
export interface Begun extends Prepared {
  span: Span;
}

/** Begins the publication's span, which its event carries from here on. */
export function begin(tracing: Tracing, { draft, topicId, by }: Prepared): Begun {
  const attributes = { "messaging.destination.name": topicId, "messaging.message.id": draft.publicationId };
  const span = tracing.begin({ name: "publish", attributes });
  return { topicId, by, draft: { ...draft, ...traceField(span.traceparent) }, span };
}

/** A publication of a list, and its place in it. */
export interface Numbered extends Prepared {
  index: number;
}

/** Prepares the publications of a list. The error of one that is invalid says which it is. */
export function prepareAll<Request>(
  requests: readonly Request[],
  prepare: (request: Request) => Prepared,
): Numbered[] {
  return requests.map((request, index) => {
    try {
      return { index, ...prepare(request) };
    } catch (error) {
      if (!isPubsubError(error)) throw error;
      const { code, message, context, retryable, cause } = error;
      throw new PubsubError(code, `publications[${index}]: ${message}`, { context, retryable, cause });
    }
  });
}

/** Groups the publications by topic. Those of a topic keep their order. */
export function byTopic(publications: readonly Numbered[]): { topicId: string; publications: Numbered[] }[] {
  const topics = new Map<string, Numbered[]>();
  for (const publication of publications) {
    const { topicId } = publication;
    const same = topics.get(topicId) ?? [];
    same.push(publication);
    topics.set(topicId, same);
  }
  return [...topics].map(([topicId, same]) => ({ topicId, publications: same }));
}

/** An error of another kind does not say whether the same call can succeed later, so it must not count as final. */
export const toPubsubError = (error: unknown): PubsubError =>
  isPubsubError(error)
    ? error
    : new PubsubError("STORAGE_FAILED", `the publication failed: ${errorMessage(error)}`, {
        retryable: true,
        cause: error,
      });
