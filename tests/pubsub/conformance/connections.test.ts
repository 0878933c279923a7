import { randomUUID } from "node:crypto";
import type { PostFault as GatewayPostFault } from "../../../packages/local/src/gateway/index.ts";
import { createManagementConnections } from "../../../packages/pubsub/src/aws/management-api/connections.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { createMemoryConnections } from "../../../packages/pubsub/src/testing/connections.ts";
import { openGateway } from "../../support/gateway.ts";
import { localIdentity } from "../../support/post-identity.ts";
import { consumerOf } from "../../support/samples.ts";
import { describeConnectionsConformance, type PostFault } from "./connections.ts";

const failed = (retryable: boolean): PostResult => ({ outcome: "failed", retryable, reason: "to order" });
const inMemory: Record<PostFault, PostResult> = {
  throttled: { outcome: "throttled" },
  "500": failed(true),
  "503": failed(true),
  reset: failed(true),
  "400": failed(false),
  "413": failed(false),
};

describeConnectionsConformance("in memory", async () => {
  let fault: PostFault | undefined;
  let posts = 0;
  const connections = createMemoryConnections(async () => {
    posts += 1;
    return fault && inMemory[fault];
  });
  return {
    connections,
    posts: () => posts,
    fail(kind) {
      fault = kind;
      return () => {
        fault = undefined;
      };
    },
    async connect() {
      const consumer = consumerOf(randomUUID());
      connections.open(consumer);
      let taken = 0;
      return {
        consumer,
        next: async () => connections.received(consumer)[taken++] ?? "nothing",
        close: async () => connections.close(consumer),
      };
    },
  };
});

const answer = (status: number, errorType: string): GatewayPostFault => ({ answer: { status, errorType } });
const atTheGateway: Record<PostFault, GatewayPostFault> = {
  throttled: answer(429, "LimitExceededException"),
  "500": answer(500, "InternalServerException"),
  "503": answer(503, "ServiceUnavailableException"),
  "413": answer(413, "PayloadTooLargeException"),
  "400": answer(400, "BadRequestException"),
  reset: { act: "reset" },
};

describeConnectionsConformance("API Gateway", async () => {
  const gateway = await openGateway();
  return {
    connections: createManagementConnections(gateway.managementEndpoint, localIdentity, () => {}),
    posts: () => gateway.posts.length,
    fail: (fault) => gateway.faults.post(atTheGateway[fault]),
    connect: gateway.connect,
  };
});
