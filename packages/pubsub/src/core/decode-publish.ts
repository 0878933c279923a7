import { type Fields, type Refusal, refuse, refuseOwnTopicId, refuseToken } from "./frame-fields.ts";
import { idProblem } from "./ids.ts";

/** What a client publishes. */
export interface PublishFields {
  topicId: string;
  /** Any JSON value, also null. */
  data: unknown;
  publicationId?: string | undefined;
  token?: string | undefined;
}

/** Decodes the fields of a PUBLISH. No refusal contains data. */
export function decodePublish({ topicId, data, publicationId, token }: Fields): PublishFields | Refusal {
  const refusal = refuseOwnTopicId(topicId) ?? refuseToken(token);
  if (refusal) return refusal;
  // JSON has no undefined: the client left it out, or its library left out what JSON has no form for
  if (data === undefined) return refuse("data must be a JSON value; got none");
  const problem = publicationId === undefined ? undefined : idProblem("publicationId", publicationId);
  if (problem !== undefined) return refuse(problem, "INVALID_PUBLICATION_ID");
  return {
    topicId: String(topicId),
    data,
    publicationId: publicationId as string | undefined,
    token: token as string | undefined,
  };
}
