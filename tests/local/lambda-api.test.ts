import {
  GetFunctionConfigurationCommand,
  GetFunctionRecursionConfigCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from "@aws-sdk/client-lambda";
import { localCredentials } from "lambda-websocket-pubsub-local";
import { expect, it, onTestFinished } from "vitest";
import { stackForFile } from "../support/local-stack.ts";

const local = stackForFile(() => ({
  fanout: { timeoutMs: 12_000, batchSize: 7, maximumConcurrency: 3, partialBatchResponses: false },
}));

function createClient(credentials = localCredentials): LambdaClient {
  const { AWS_ENDPOINT_URL_LAMBDA: endpoint = "", AWS_REGION: region } = local.stack.env;
  const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

it("returns the settings of the mapping and of the fan-out function, by its name and by its ARN", async () => {
  const client = createClient();
  const { EventSourceMappings: [mapping] = [] } = await client.send(new ListEventSourceMappingsCommand({}));
  expect(mapping).toMatchObject({
    State: "Enabled",
    BatchSize: 7,
    ScalingConfig: { MaximumConcurrency: 3 },
    FunctionResponseTypes: [],
  });
  for (const FunctionName of ["fanout", mapping?.FunctionArn]) {
    const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    expect(found).toMatchObject({ FunctionName: "fanout", Timeout: 12 });
    const recursion = await client.send(new GetFunctionRecursionConfigCommand({ FunctionName }));
    expect(recursion.RecursiveLoop).toBe("Terminate");
  }
});

it("lists no mapping for another queue or function, and does not find another function", async () => {
  const client = createClient();
  for (const other of [
    { EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:other" },
    { FunctionName: "other" },
  ]) {
    const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand(other));
    expect(EventSourceMappings).toEqual([]);
  }
  const wrong = client.send(new GetFunctionConfigurationCommand({ FunctionName: "other" }));
  await expect(wrong).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

it("refuses requests that are not signed, or signed with another key", async () => {
  const { AWS_ENDPOINT_URL_LAMBDA: endpoint = "" } = local.stack.env;
  for (const path of ["/2015-03-31/event-source-mappings/", "/_local/fanout/kill-at-post"]) {
    const { status } = await fetch(endpoint + path, { method: "POST", body: "x" });
    expect(status).toBe(403);
  }
  const forged = createClient({ ...localCredentials, secretAccessKey: "wrong" });
  await expect(forged.send(new ListEventSourceMappingsCommand({}))).rejects.toMatchObject({
    name: "InvalidSignatureException",
  });
});
