import type { Pubsub } from "../../api/create-pubsub.ts";
import { assertPublicationId } from "../../core/ids.ts";
import { nextEpoch } from "../../core/log/epoch.ts";
import { currentPosition } from "../../core/log/position.ts";
import { assertPostable, encodeData } from "../../core/publish/data.ts";
import type { Rate } from "../rate.ts";
import { type Validate, type Validity, validateData } from "../validate.ts";
import { assertAllowed, type HttpGate } from "./access.ts";
import { decodePublishBody, type EventToPublish } from "./body.ts";
import { type HttpEvent, type HttpResult, textOf } from "./http-types.ts";
import { HttpProblem, problemOf, refusal, success } from "./problem.ts";
import { type CheckedEvent, publishEvents } from "./publish-events.ts";
import { assertNoQuery, decodeReadQuery } from "./query.ts";
import { readPage } from "./read-page.ts";
import { ROUTES, type Routed, type RouteName, routeOf } from "./route.ts";

export interface HttpSettings {
  gate: HttpGate;
  validate: Validate | undefined;
  basePath: string;
  /** By the address of the caller. Absent: no limit. */
  rate: Rate | undefined;
}

interface RequestContext extends HttpSettings {
  topicId: string;
  event: HttpEvent;
  report(problem: HttpProblem): void;
}

/** Returns the response of a request. It never rejects. Nothing is read or written before the access is decided. */
export async function answerRequest(
  pubsub: Pubsub,
  settings: HttpSettings,
  event: HttpEvent,
): Promise<HttpResult> {
  let routed: Routed | undefined;
  const report = (problem: HttpProblem): void => reportProblem(pubsub, problem, routed);
  try {
    routed = routeOf(event, settings.basePath);
    const { route, topicId } = routed;
    assertInRate(settings.rate, event);
    await assertAllowed(pubsub.ports, settings.gate, { action: ROUTES[route].action, topicId, event });
    return success(await acts[route](pubsub, { ...settings, topicId, event, report }));
  } catch (thrown) {
    const problem = problemOf(thrown);
    report(problem);
    return refusal(problem);
  }
}

type Act = (pubsub: Pubsub, context: RequestContext) => Promise<object>;

/** What each route does. Each decodes its input first. */
const acts: { [Route in RouteName]: Act } = {
  publish: publishTo,
  async read(pubsub, { topicId, event }) {
    return readPage(pubsub, topicId, decodeReadQuery(event));
  },
  async position({ ports, logSettings }, { topicId, event }) {
    assertNoQuery(event);
    const { epoch, offset } = await currentPosition(ports, topicId, logSettings);
    return { topicId, epoch, offset };
  },
};

async function publishTo(
  { publish, publishAll, ports }: Pubsub,
  { topicId, event, validate, gate: { timeoutMs }, report }: RequestContext,
): Promise<object> {
  assertNoQuery(event);
  const { observe, clock } = ports;
  return publishEvents(topicId, decodePublishBody(event), {
    async check({ data, publicationId }) {
      const validity = await validateData({ validate, timeoutMs, observe }, { topicId, data });
      if (validity.verdict !== "valid") throw problemOfData(validity);
      return checked(topicId, { data, publicationId }, clock.now());
    },
    publish,
    publishAll,
    report,
  });
}

/** What the publisher checks too. But one invalid event would make it refuse the whole list. */
function checked(topicId: string, { data, publicationId }: EventToPublish, nowMs: number): CheckedEvent {
  if (publicationId !== undefined) assertPublicationId(publicationId);
  const encoded = encodeData(data);
  assertPostable(topicId, nextEpoch(nowMs, undefined), publicationId ?? RANDOM_ID, encoded);
  return { topicId, encoded, publicationId };
}

/** The publisher draws one of this length. */
const RANDOM_ID = "00000000-0000-4000-8000-000000000000";

/** The caller gets the hook's reason. The log does not, because it may quote the data. */
function problemOfData(validity: Exclude<Validity, { verdict: "valid" }>): HttpProblem {
  if (validity.verdict === "invalid") {
    return new HttpProblem(400, "INVALID_DATA", validity.reason, {
      reason: "the validate hook refused the data",
    });
  }
  const message = "it could not be decided whether the data is valid; try again";
  return new HttpProblem(503, "VALIDATE_FAILED", message);
}

function assertInRate(rate: Rate | undefined, { requestContext }: HttpEvent): void {
  if (rate === undefined || rate(textOf(requestContext?.http?.sourceIp))) return;
  throw new HttpProblem(429, "RATE_LIMITED", "your address sends too many requests; try again later");
}

/** A failure of ours goes into the log with its cause, a refusal with its reason. Neither contains what the caller sent. */
function reportProblem(
  { ports: { observe } }: Pubsub,
  problem: HttpProblem,
  routed: Routed | undefined,
): void {
  const { status, error, reason, cause } = problem;
  if (status >= 500 && cause !== undefined) {
    observe({ event: "background-failure", stage: `http-${routed?.route ?? "route"}`, error: cause });
  }
  const { method, path } = routed ? ROUTES[routed.route] : { method: undefined, path: undefined };
  observe({
    event: "request-refused",
    ...(routed && { route: `${method} ${path}`, topicId: routed.topicId }),
    status,
    code: error.code,
    reason,
  });
}
