import type { TestProject } from "vitest/node";
import { startDynamodb } from "../../packages/local/src/dynamodb/start-dynamodb.ts";

declare module "vitest" {
  export interface ProvidedContext {
    dynamodbEndpoint: string;
  }
}

/** Starts one DynamoDB Local for all test files: a JVM takes seconds to start. Each test creates its own tables. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dynamodb = await startDynamodb();
  project.provide("dynamodbEndpoint", dynamodb.endpoint);
  return () => dynamodb.stop();
}
