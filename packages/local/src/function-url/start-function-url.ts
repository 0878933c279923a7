import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Credentials } from "../credentials.ts";
import { errorMessage } from "../errors.ts";
import type { ErrorAnswer } from "../gateway/answers.ts";
import { createRequestId } from "../gateway/ids.ts";
import { readBody } from "../gateway/read-body.ts";
import { createSignatureVerifier } from "../gateway/signature.ts";
import { listenHttp } from "../listen-http.ts";
import type { WebGuard } from "../web-guard.ts";
import { type FunctionUrlEvent, functionUrlEvent, type IamIdentity } from "./event.ts";
import { type HttpAnswer, toHttpAnswer } from "./result.ts";

/** As in Lambda. `AWS_IAM`: every request must have a valid signature, for the service `lambda`. */
export type FunctionUrlAuthType = "AWS_IAM" | "NONE";

export interface FunctionUrlOptions {
  host: string;
  /** Default: a free port. */
  port?: number | undefined;
  region: string;
  credentials: Credentials;
  authType: FunctionUrlAuthType;
  guard: WebGuard;
  invoke(event: FunctionUrlEvent): Promise<unknown>;
  /** Gets why a response is AWS's own 502. */
  onFailure(message: string): void;
}

export interface FunctionUrl {
  /** Without a slash at its end. */
  url: string;
  stop(): Promise<void>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: request and response, 6 MB each. */
const PAYLOAD_BYTES_MAX = 6 * 1_024 * 1_024;

/** The response to an invocation may be 100 bytes larger: https://github.com/brefphp/bref/issues/1090 */
const RESULT_BYTES_MAX = PAYLOAD_BYTES_MAX + 100;

/** https://github.com/awsdocs/aws-lambda-developer-guide/issues/494 shows the response with its header. */
const FORBIDDEN: ErrorAnswer & { message: string } = {
  status: 403,
  errorType: "AccessDeniedException",
  message:
    "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
};

/** Serves a function as a Lambda function URL does, over HTTP instead of HTTPS. */
export async function startFunctionUrl(options: FunctionUrlOptions): Promise<FunctionUrl> {
  const { host, port, region, credentials, guard, onFailure } = options;
  const identity = options.authType === "AWS_IAM" ? identityOf(credentials) : undefined;
  const verify = createSignatureVerifier({ region, credentials, service: "lambda" });
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!request.destroyed || request.complete) onFailure(errorMessage(error));
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const page = guard.refuseRequest(headers);
    if (page !== undefined) return send(response, awsError({ ...FORBIDDEN, message: page }));
    const body = await readBody(request, PAYLOAD_BYTES_MAX);
    if (body.cut) response.setHeader("connection", "close");
    const refusal = identity && (await verify({ method, url, headers, bodySha256: body.sha256 }));
    if (refusal) return send(response, awsError(headers.authorization === undefined ? FORBIDDEN : refusal));
    if (body.kept === undefined) return send(response, TOO_LARGE);
    const event = functionUrlEvent(request, body.kept, { region, identity });
    if (Buffer.byteLength(event.body ?? "") > PAYLOAD_BYTES_MAX) return send(response, TOO_LARGE);
    send(response, await resultOf(event));
  }

  /** An error of the function, a result that is too large and a malformed one are the same to a client. */
  async function resultOf(event: FunctionUrlEvent): Promise<HttpAnswer> {
    try {
      const returned = await options.invoke(event);
      const answered = toHttpAnswer(returned);
      if (answered === undefined) throw new Error("it returned a malformed response");
      const bytes = Buffer.byteLength(JSON.stringify(returned) ?? "");
      if (bytes <= RESULT_BYTES_MAX) return answered;
      throw new Error(`it returned ${bytes} bytes, and Lambda takes at most ${RESULT_BYTES_MAX}`);
    } catch (error) {
      const { method, path } = event.requestContext.http;
      onFailure(
        `the function of the URL failed at ${method} ${path}, and the client gets 502: ${errorMessage(error)}`,
      );
      return FAILED;
    }
  }

  return listenHttp(server, { host, port, service: "http" });
}

/** AWS capitalizes the field for a refusal by policies, and not for one by the signature. */
function awsError({ status, errorType, message }: ErrorAnswer): HttpAnswer {
  const name = errorType === FORBIDDEN.errorType ? "Message" : "message";
  return jsonAnswer(status, { [name]: message }, { "x-amzn-errortype": errorType });
}

const jsonAnswer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(JSON.stringify(body)),
});

const TOO_LARGE: HttpAnswer = awsError({
  status: 413,
  errorType: "RequestEntityTooLargeException",
  message: `Request must be smaller than ${PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`,
});

/** A text, although AWS calls it JSON. */
const FAILED: HttpAnswer = {
  status: 502,
  headers: { "content-type": "application/json" },
  body: Buffer.from("Internal Server Error"),
};

function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    "x-amzn-requestid": createRequestId(),
    ...(status === 204 || status === 304 ? {} : { "content-length": body.length }),
  });
  response.end(body);
}

const ACCOUNT_ID = "000000000000";

const identityOf = ({ accessKeyId }: Credentials): IamIdentity => ({
  accessKey: accessKeyId,
  accountId: ACCOUNT_ID,
  callerId: "AIDALOCAL",
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: `arn:aws:iam::${ACCOUNT_ID}:user/local`,
  userId: "AIDALOCAL",
});
