import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { VerifyContext } from "../context.ts";

export interface FanoutMapping {
  functionName: string;
  responseTypes: readonly string[];
  state: string;
  configuration(): Promise<FunctionFacts>;
  recursiveLoop(): Promise<string>;
}

export interface FunctionFacts {
  timeoutSeconds: number;
  roleArn: string;
  logGroup: string;
  environment: Readonly<Record<string, string>>;
}

/** Returns the mapping of the fan-out queue and its function, or why it cannot be looked up here. */
export async function findMapping({ clients, target }: VerifyContext): Promise<FanoutMapping | string> {
  const client = await clients.lambda();
  if (!client) return "this local stack has no Lambda API";
  const {
    GetFunctionConfigurationCommand,
    GetFunctionRecursionConfigCommand,
    ListEventSourceMappingsCommand,
  } = await import("@aws-sdk/client-lambda");
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: target.queue, AttributeNames: ["QueueArn"] }),
  );
  const { fanoutFunction: FunctionName } = target;
  const input = { EventSourceArn: Attributes?.QueueArn, ...(FunctionName !== undefined && { FunctionName }) };
  try {
    const { EventSourceMappings: [mapping] = [] } = await client.send(
      new ListEventSourceMappingsCommand(input),
    );
    if (!mapping) throw new Error("no function is mapped to the fan-out queue");
    const functionName = mapping.FunctionArn ?? "";
    return {
      functionName,
      responseTypes: mapping.FunctionResponseTypes ?? [],
      state: mapping.State ?? "",
      async configuration() {
        const found = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
        const [, name = functionName] = /:function:([^:]+)/.exec(functionName) ?? [];
        return {
          timeoutSeconds: found.Timeout ?? 0,
          roleArn: found.Role ?? "",
          logGroup: found.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
          environment: found.Environment?.Variables ?? {},
        };
      },
      async recursiveLoop() {
        const config = await client.send(
          new GetFunctionRecursionConfigCommand({ FunctionName: functionName }),
        );
        return config.RecursiveLoop ?? "Terminate";
      },
    };
  } catch (error) {
    if (isDenied(error)) return `these credentials may not read the function's settings: ${String(error)}`;
    throw error;
  }
}

/** Whether the caller's own credentials do not allow a call, which says nothing about the stage. */
export const isDenied = (error: unknown): boolean =>
  error instanceof Error && /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/.test(error.name);
