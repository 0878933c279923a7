import type { Published, PubsubClient, PubsubClientError } from "../../../packages/client/src/index.ts";
import { comparePositions } from "../../../packages/client/src/position.ts";
import type { Outcome, Publication } from "./outcome.ts";

/** Publishes, and records what becomes of it. */
export function publishFrom(client: PubsubClient, publications: Publication[], topicId: string): () => void {
  const number = publications.length + 1;
  const controller = new AbortController();
  const publication: Publication = {
    topicId,
    publicationId: `own-${number}`,
    data: { own: number },
    isAborted: false,
  };
  publications.push(publication);
  const { publicationId, data } = publication;
  client.publish(topicId, data, { publicationId, signal: controller.signal }).then(
    (published) => {
      publication.published = published;
    },
    (error: PubsubClientError) => {
      publication.error = error;
    },
  );
  return () => {
    publication.isAborted = true;
    controller.abort();
  };
}

/**
 * Every promise is settled. What resolved is in the log once, at its position. The publications of a topic are in the log
 * in the order of the calls. What rejected did so for a reason that the scenario has.
 */
export function checkPublications({ publications, server, scenario }: Outcome): void {
  const wasClosed = scenario.steps.some(({ step }) => step === "close");
  const ends = new Map<string, Published>();
  for (const { topicId, publicationId, data, isAborted, published, error } of publications) {
    const name = `${publicationId} to ${topicId}`;
    if (!published && !error) throw new Error(`${name} was neither confirmed nor rejected`);
    const logged = server.log(topicId).history.filter((event) => event.publicationId === publicationId);
    if (logged.length > 1) throw new Error(`${name} was published ${logged.length} times`);
    if (error) {
      const expected = ["SERVER_ERROR", "UNCONFIRMED", isAborted && "ABORTED", wasClosed && "CLOSED"];
      if (!expected.includes(error.code)) throw new Error(`${name} was rejected: ${error}`, { cause: error });
    }
    if (!published) continue;
    const [event] = logged;
    const isThere = event && comparePositions(event, published) === 0;
    if (!isThere || JSON.stringify(event.data) !== JSON.stringify(data)) {
      throw new Error(
        `${name} was confirmed at ${published.offset}, and the log has ${JSON.stringify(event)}`,
      );
    }
    const before = ends.get(topicId);
    if (before && comparePositions(before, published) >= 0) {
      throw new Error(`${name} at ${published.offset} overtook ${before.publicationId} at ${before.offset}`);
    }
    ends.set(topicId, published);
  }
}
