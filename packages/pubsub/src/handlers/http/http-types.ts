/**
 * The parts of an HTTP request's event that this library reads or hands on: of a Lambda function URL, and of an HTTP API with
 * the payload format 2.0. Every field is optional, so that callers can pass events of any type.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
type Texts = Readonly<Record<string, string | undefined>>;

export interface HttpEvent {
  /** `2.0`. */
  version?: string | undefined;
  routeKey?: string | undefined;
  /** Percent-encoded by a function URL, already decoded by an HTTP API. */
  rawPath?: string | undefined;
  rawQueryString?: string | undefined;
  /** Names in lower case. Values of one name are joined with commas. */
  headers?: Texts | null | undefined;
  requestContext?: HttpRequestContext | undefined;
  body?: string | null | undefined;
  isBase64Encoded?: boolean | undefined;
}

export interface HttpRequestContext {
  /** Such as `{url id}.lambda-url.{region}.on.aws`. */
  domainName?: string | undefined;
  /** `$default` for a function URL. */
  stage?: string | undefined;
  requestId?: string | undefined;
  http?:
    | { method?: string | undefined; path?: string | undefined; sourceIp?: string | undefined }
    | undefined;
  /** `{ iam }` if AWS has verified the request's signature, `{ jwt }` or `{ lambda }` of other authorizers. */
  authorizer?: object | null | undefined;
}

export interface HttpResult {
  statusCode: number;
  headers: Record<string, string>;
  /** JSON text. */
  body: string;
}

/** Whatever an event has instead of a text counts as none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
