import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What the stand-in answers. It refuses the caller's credentials for what is not given. */
export interface StandInAnswers {
  /** Actions that the function's role is allowed. */
  allowed?: readonly string[];
  recursiveLoop?: "Allow" | "Terminate";
  logEvents?: number;
  delivered?: number;
  /** Alarms on the dead-letter queue, each with or without enabled actions. */
  alarms?: readonly boolean[];
}

/**
 * Starts a server for the calls of Lambda, IAM, CloudWatch and CloudWatch Logs that `pubsub verify` makes. It checks no
 * signatures. Returns the environment that leads the SDK to it.
 */
export async function startAwsStandIn(answers: StandInAnswers): Promise<Record<string, string>> {
  const server = createServer(async (request, response) => {
    const { name, actions } = await operationOf(request);
    const found = name in SETTINGS ? SETTINGS[name] : decided(name, answers);
    if (found !== undefined) response.end(JSON.stringify(found));
    else if (!Array.isArray(answers.allowed) || actions.length === 0) refuse(response, actions.length > 0);
    else response.setHeader("content-type", "text/xml").end(simulation(actions, answers.allowed));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    AWS_ENDPOINT_URL_LAMBDA: endpoint,
    AWS_ENDPOINT_URL_IAM: endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint,
  };
}

/** The function, as Lambda describes it. */
const SETTINGS: Record<string, object> = {
  "event-source-mappings": {
    EventSourceMappings: [
      { FunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:fanout", State: "Enabled" },
    ],
  },
  configuration: {
    Role: "arn:aws:iam::123456789012:role/fanout",
    LoggingConfig: { LogGroup: "/pubsub/fanout" },
    Environment: { Variables: { POWERTOOLS_SERVICE_NAME: "pubsub-test" } },
  },
};

/** Returns the answer to a call in JSON, or undefined if it is refused. */
function decided(name: string, answers: StandInAnswers): object | undefined {
  const { recursiveLoop: RecursiveLoop, logEvents, delivered: Sum, alarms } = answers;
  if (name === "recursion-config") return RecursiveLoop && { RecursiveLoop };
  if (name === "FilterLogEvents" && logEvents !== undefined) {
    return { events: Array.from({ length: logEvents }, () => ({})) };
  }
  if (name === "GetMetricStatistics" && Sum !== undefined) return { Datapoints: [{ Sum }] };
  if (name === "DescribeAlarmsForMetric" && alarms) {
    return { MetricAlarms: alarms.map((ActionsEnabled) => ({ ActionsEnabled })) };
  }
  return undefined;
}

function refuse(response: ServerResponse, asXml: boolean): void {
  const headers = {
    "x-amzn-errortype": "AccessDeniedException",
    "content-type": asXml ? "text/xml" : "application/json",
  };
  response.writeHead(403, headers);
  response.end(
    asXml
      ? "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
      : JSON.stringify({ __type: "AccessDeniedException", message: "no" }),
  );
}

interface Operation {
  name: string;
  /** Of a simulation. */
  actions: string[];
}

async function operationOf(request: IncomingMessage): Promise<Operation> {
  const body = await text(request);
  const target = String(request.headers["x-amz-target"] ?? "")
    .split(".")
    .at(-1);
  const path = new URL(request.url ?? "/", "http://localhost").pathname.split("/").filter(Boolean).at(-1);
  const actions = [...new URLSearchParams(body)].filter(([name]) => name.startsWith("ActionNames."));
  return { name: target || (path ?? ""), actions: actions.map(([, action]) => action) };
}

function simulation(actions: readonly string[], allowed: readonly string[]): string {
  const members = actions.map(
    (action) =>
      `<member><EvalActionName>${action}</EvalActionName>` +
      `<EvalDecision>${allowed.includes(action) ? "allowed" : "implicitDeny"}</EvalDecision></member>`,
  );
  return (
    '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>' +
    `<IsTruncated>false</IsTruncated><EvaluationResults>${members.join("")}</EvaluationResults>` +
    "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
  );
}
