import type { IncomingMessage, ServerResponse } from "node:http";
import { isPubsubError, type PubsubConfig, publishToTopic } from "lambda-websocket-pubsub";
import type { Plugin } from "vite";
import { RequestError, readRequest } from "./read-request.ts";

/** `POST /api/publish` publishes for the browser. A real back end would authenticate the user. */
export function publishApi(config: PubsubConfig): Plugin {
  return {
    name: "publish-api",
    configureServer({ middlewares, config: { logger } }) {
      middlewares.use("/api/publish", (request: IncomingMessage, response: ServerResponse) => {
        publish(request, config).then(
          (body) => send(response, 200, body),
          (error: unknown) => {
            const { status, message } = explain(error);
            if (status >= 500) logger.error(`POST /api/publish: ${String(error)}`);
            send(response, status, { error: message });
          },
        );
      });
    },
  };
}

async function publish(request: IncomingMessage, config: PubsubConfig): Promise<unknown> {
  const { room, publicationId, name, text } = await readRequest(request);
  return publishToTopic({ topicId: room, publicationId, data: { name, text }, config });
}

function explain(error: unknown): { status: number; message: string } {
  if (error instanceof RequestError) return error;
  if (isPubsubError(error) && error.retryable) return { status: 503, message: "try again in a moment" };
  return { status: 500, message: "something went wrong on the server" };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 405 && { allow: "POST" }),
    // The rest of a rejected body is not read
    ...(status === 413 && { connection: "close" }),
  });
  response.end(JSON.stringify(body));
}
