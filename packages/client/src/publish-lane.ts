import { fullJitterMs } from "./backoff.ts";
import { type ClientClock, createAlarm } from "./clock.ts";
import type { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { isBoolean, isFunction, isOffset, isShape, isString } from "./is.ts";
import { PUBLISH_TRIES_MAX, TOPIC_BACKOFF } from "./limits.ts";
import type { Answer, Link, PublishedFrame } from "./link.ts";
import { checkSize, type Publication, publishError } from "./publication.ts";
import { createTokenSource } from "./token.ts";

/**
 * The publications to one topic, in order. One is under way at a time: API Gateway may hand two messages of a connection to
 * two functions at once, so the second could come first.
 */
export interface Lane {
  add(publication: Publication): void;
  /** Sends the next one, if there is a connection. Removes those whose promises are settled. */
  next(): void;
  linkDown(link: Link): void;
  end(error: PubsubClientError): void;
}

export interface LanePort {
  clock: ClientClock;
  guard: Guard;
  random: () => number;
  link(): Link | undefined;
  onPublished(publication: Publication, published: PublishedFrame): void;
  onEmpty(): void;
}

const isPublished = isShape({
  epoch: isString,
  offset: isOffset,
  publicationId: isString,
  duplicate: isBoolean,
});

export function createLane(port: LanePort): Lane {
  const { clock, random } = port;
  let queue: Publication[] = [];
  /** The connection that the first one was sent on, or that it waits to be sent on, for its token. */
  let on: Link | undefined;
  const retry = createAlarm(clock);
  const tokens = createTokenSource(port);

  function next(): void {
    if (on) return;
    // The pause was for this one
    if (queue[0]?.isOver) retry.clear();
    queue = queue.filter(({ isOver }) => !isOver);
    const [first] = queue;
    const link = port.link();
    if (!first) port.onEmpty();
    else if (link && !retry.isSet) send(first, link);
  }

  function send(publication: Publication, link: Link): void {
    const { token } = publication;
    on = link;
    publication.tries++;
    const onAnswer = (answer?: Answer, error?: PubsubClientError): boolean =>
      answered(publication, answer, error);
    const sendWith = (fresh?: string): void => {
      if (publication.isOver) onAnswer();
      else link.request({ ...publication.request, token: fresh }, onAnswer);
    };
    const sendWithFresh = (fresh: string): void => {
      try {
        checkSize(publication.request, fresh);
        sendWith(fresh);
      } catch (error) {
        publication.reject(error as PubsubClientError);
        onAnswer();
      }
    };
    if (isFunction(token)) tokens.request(token, sendWithFresh, onAnswer);
    else sendWith(token);
  }

  /** Returns whether the caller gets the error. */
  function answered(publication: Publication, answer?: Answer, error?: PubsubClientError): boolean {
    on = undefined;
    if (answer?.type === "PUBLISHED" && isPublished(answer)) {
      port.onPublished(publication, answer);
      const { topicId, publicationId, epoch, offset, duplicate } = answer;
      publication.resolve({ topicId, publicationId, epoch, offset, duplicate });
    } else if (!publication.isOver) failed(publication, error);
    next();
    return publication.isOver;
  }

  function failed(publication: Publication, error?: PubsubClientError): void {
    const { tries } = publication;
    if (error?.code === "REFUSED" || tries >= PUBLISH_TRIES_MAX) {
      publication.reject(
        publishError(
          error?.code ?? "UNCONFIRMED",
          error?.message ?? `no response after ${tries} tries`,
          publication,
          error,
        ),
      );
    } else retry.set(fullJitterMs(TOPIC_BACKOFF, tries, random), next);
  }

  return {
    add(publication) {
      queue.push(publication);
      next();
    },
    next,
    linkDown(link) {
      if (on !== link) return;
      tokens.cancel();
      on = undefined;
      const [first] = queue;
      if (first && first.tries >= PUBLISH_TRIES_MAX) failed(first);
      next();
    },
    end(error) {
      retry.clear();
      tokens.cancel();
      for (const publication of queue) {
        publication.reject(publishError(error.code, error.message, publication, error));
      }
    },
  };
}
