/**
 * What a user of docs/openapi.json writes: a client of openapi-fetch with the types that openapi-typescript generates from the
 * document. The test generates them, compiles this file with them, and runs it.
 */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "#document";

export type Published = components["schemas"]["PublishedEvent"];
export type ErrorCode = components["schemas"]["Error"]["error"]["code"];

export const connect = (baseUrl: string, token: string): Client<paths> =>
  createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

type Topic = { params: { path: { id: string } } };
const topic = (id: string): Topic => ({ params: { path: { id } } });

/** Throws unless the request has the result that its caller expects. */
function resultOf<Result>({ data, error }: { data?: Result; error?: unknown }): Result {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

export async function publishOne(
  client: Client<paths>,
  id: string,
  data: unknown,
  publicationId?: string,
): Promise<Published> {
  const body = { data, ...(publicationId !== undefined && { publicationId }) };
  const published = resultOf(await client.POST("/topics/{id}/events", { ...topic(id), body }));
  if ("results" in published) throw new Error("one event has one result");
  return published;
}

/** Returns the offset or the error code of each event. */
export async function publishList(
  client: Client<paths>,
  id: string,
  events: components["schemas"]["EventList"],
): Promise<(number | ErrorCode)[]> {
  const published = resultOf(await client.POST("/topics/{id}/events", { ...topic(id), body: events }));
  if (!("results" in published)) throw new Error("a list has a list of results");
  return published.results.map((result) => ("error" in result ? result.error.code : result.offset));
}

export async function read(
  client: Client<paths>,
  id: string,
  query: NonNullable<paths["/topics/{id}/events"]["get"]["parameters"]["query"]>,
): Promise<components["schemas"]["EventPage"]> {
  const params = { ...topic(id).params, query };
  return resultOf(await client.GET("/topics/{id}/events", { params }));
}

export async function position(
  client: Client<paths>,
  id: string,
): Promise<components["schemas"]["Position"]> {
  return resultOf(await client.GET("/topics/{id}/position", topic(id)));
}

/** Returns the status and the code of a publication that is refused. */
export async function refusal(
  client: Client<paths>,
  id: string,
  data: unknown,
): Promise<{ status: number; code: ErrorCode | undefined }> {
  const { error, response } = await client.POST("/topics/{id}/events", { ...topic(id), body: { data } });
  const code = error !== undefined && "error" in error ? error.error.code : undefined;
  return { status: response.status, code };
}
