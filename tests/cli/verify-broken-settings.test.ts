/** `pubsub verify` with tables, queues and settings that are broken on purpose: the check about it fails, and says what it saw. */
import { CreateTableCommand, UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { TABLE } from "lambda-websocket-pubsub/schema";
import { describe, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { failureOf, type Verified, verifyStack } from "../support/verify.ts";

const local = stackForFile();

const verify = (...args: string[]): Promise<Verified & { code: number | null }> =>
  verifyStack(local.stack, ...args);

interface TableShape {
  indexName?: string;
  projection?: "ALL" | "KEYS_ONLY";
  ttl?: string;
}

/** Creates a table beside that of the stack and returns its name. */
async function createTable({ indexName, projection = "ALL", ttl }: TableShape): Promise<string> {
  const { hashKey, rangeKey, index } = TABLE;
  const name = `${local.config.dynamodbTableName}-${indexName}-${projection}-${ttl}`;
  await local.dynamodb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [hashKey, rangeKey, index.hashKey].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: hashKey, KeyType: "HASH" },
        { AttributeName: rangeKey, KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: indexName ?? index.name,
          KeySchema: [{ AttributeName: index.hashKey, KeyType: "HASH" }],
          Projection: { ProjectionType: projection },
        },
      ],
    }),
  );
  if (ttl !== undefined) {
    const TimeToLiveSpecification = { AttributeName: ttl, Enabled: true };
    await local.dynamodb.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
  }
  return name;
}

describe("a table", () => {
  it("without time to live fails table-ttl", async () => {
    const table = await createTable({});
    expect(failureOf(await verify("--table", table, "--only", "table-ttl"), "table-ttl")).toBe("DISABLED");
  });

  it("with time to live on another attribute fails table-ttl, which names the attribute", async () => {
    const table = await createTable({ ttl: "ttl" });
    const verified = await verify("--table", table, "--only", "table-ttl");
    expect(failureOf(verified, "table-ttl")).toBe("ENABLED on ttl");
  });

  it("with a renamed index fails table-index, which names the index that it has", async () => {
    const table = await createTable({ indexName: "Renamed" });
    const verified = await verify("--table", table, "--only", "table-index,index-lag");
    expect(failureOf(verified, "table-index")).toBe("the table has no SecondaryIndex; it has Renamed");
    expect(failureOf(verified, "index-lag")).toContain("does not have the specified index");
  });

  it("with an index of keys only fails table-index, which names the projection", async () => {
    const table = await createTable({ projection: "KEYS_ONLY" });
    const verified = await verify("--table", table, "--only", "table-index");
    expect(failureOf(verified, "table-index")).toContain("projection KEYS_ONLY");
  });

  it("that does not exist fails table-keys, which says so", async () => {
    const verified = await verify("--table", "no-such-table", "--only", "table-keys");
    expect(failureOf(verified, "table-keys")).toMatch(/^could not decide: ResourceNotFoundException/);
  });
});

describe("a URL or setting of the caller", () => {
  it("with the wrong stage fails handshake, which names the status", async () => {
    const url = `${local.stack.websocketUrl}/wrong`;
    const verified = await verify("--url", url, "--only", "handshake,delivery");
    expect(failureOf(verified, "handshake")).toBe(`Unexpected server response: 403 (${url})`);
    expect(failureOf(verified, "delivery")).toContain("Unexpected server response: 403");
  });

  it("with the wrong region fails the posts, which name the region", async () => {
    const verified = await verify("--region", "eu-central-1", "--only", "sdk-post,direct-post");
    expect(failureOf(verified, "direct-post")).toContain("valid region, not 'eu-central-1'");
    expect(failureOf(verified, "sdk-post")).toContain("valid region, not 'eu-central-1'");
  });

  it("with the wrong stage in the management endpoint fails the posts with 403", async () => {
    const endpoint = local.stack.managementEndpoint.replace("$default", "wrong");
    const verified = await verify("--management-endpoint", endpoint, "--only", "direct-post,keep-alive");
    expect(failureOf(verified, "direct-post")).toMatch(/^403 ForbiddenException/);
    expect(failureOf(verified, "keep-alive")).toMatch(/^403 ForbiddenException/);
  });

  it("with the wrong secret key fails the posts, which name the signature", async () => {
    const env = { ...local.stack.env, AWS_SECRET_ACCESS_KEY: "wrong" };
    const verified = await verifyStack({ env }, "--only", "direct-post,sdk-post");
    expect(failureOf(verified, "direct-post")).toContain("403 InvalidSignatureException");
    expect(failureOf(verified, "sdk-post")).toContain("signature");
  });
});

describe("a queue", () => {
  const createQueue = async (name: string, Attributes: Record<string, string>): Promise<string> => {
    const { QueueUrl = "" } = await local.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    return QueueUrl;
  };

  it("without a redrive policy fails queue-redrive", async () => {
    const queue = await createQueue("no-dead-letters", {});
    const verified = await verify("--queue", queue, "--only", "queue-redrive");
    expect(failureOf(verified, "queue-redrive")).toBe("the fan-out queue has no redrive policy");
  });

  it("whose dead letters go elsewhere than expected fails queue-redrive", async () => {
    const other = await createQueue("other-dead-letters", {});
    const verified = await verify("--dead-letter-queue", other, "--only", "queue-redrive");
    expect(failureOf(verified, "queue-redrive")).toContain("another queue than the given one");
  });

  it("that is FIFO fails queue-standard", async () => {
    const queue = await createQueue("pubsub.fifo", { FifoQueue: "true" });
    const verified = await verify("--queue", queue, "--only", "queue-standard");
    expect(failureOf(verified, "queue-standard")).toBe("a FIFO queue");
  });

  it("that no function reads fails partial-batches", async () => {
    const queue = await createQueue("unread", {});
    const verified = await verify("--queue", queue, "--only", "partial-batches");
    expect(failureOf(verified, "partial-batches")).toContain("no function is mapped to the fan-out queue");
  });
});
