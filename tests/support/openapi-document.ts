/** Checks requests and responses against docs/openapi.json. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

const FILE = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));

interface Referable {
  $ref?: string;
}
interface DocumentedResponse extends Referable {
  headers?: Record<string, { required?: boolean }>;
  content?: Record<string, { schema: object }>;
}
interface Operation {
  operationId: string;
  parameters?: ({ name: string; schema: object } & Referable)[];
  responses: Record<string, DocumentedResponse>;
  requestBody?: { content: Record<string, { schema: object; examples: Record<string, { value: unknown }> }> };
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: {
    responses: Record<string, DocumentedResponse>;
    schemas: Record<string, object>;
  };
}

export const openApi: OpenApiDocument = JSON.parse(readFileSync(FILE, "utf8")) as OpenApiDocument;

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
ajv.addVocabulary(["openapi", "info", "servers", "paths", "components", "security"]);
ajv.addSchema(closed(openApi), "document");

/**
 * The document leaves responses open for fields of later versions. Here a field that it does not name is a mistake, and so is a
 * response that only AWS itself makes.
 */
function closed(document: OpenApiDocument): object {
  const copy = JSON.parse(JSON.stringify(document), (_, value: unknown) => {
    const { type, properties } = Object(value) as { type?: unknown; properties?: unknown };
    return type === "object" && properties ? { ...Object(value), additionalProperties: false } : value;
  }) as OpenApiDocument;
  return {
    ...copy,
    components: { ...copy.components, schemas: { ...copy.components.schemas, AwsError: false } },
  };
}

const validators = new Map<string, ValidateFunction>();

function validate(pointer: string, value: unknown): void {
  const validator = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
  validators.set(pointer, validator);
  if (!validator(value))
    throw new Error(`${pointer}: ${ajv.errorsText(validator.errors)}: ${JSON.stringify(value)}`);
}

const escaped = (segment: string): string => segment.replaceAll("~", "~0").replaceAll("/", "~1");

export interface AnsweredRequest {
  method: string;
  /** As the document has it, or anything else. */
  path: string;
}

export interface ReceivedResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** Throws if the document does not have such a response to such a request. */
export function assertDocumented({ method, path }: AnsweredRequest, response: ReceivedResponse): void {
  const { status, headers, body } = response;
  const pointer = responsePointer(method, path, status);
  const documented = at(pointer) as DocumentedResponse;
  for (const [name, { required = false }] of Object.entries(documented.headers ?? {})) {
    if (required && headers[name] === undefined) throw new Error(`${pointer} needs the header ${name}`);
  }
  if (headers["content-type"] !== "application/json") throw new Error(`${pointer} is not application/json`);
  validate(`${pointer}/content/application~1json/schema`, body);
}

/** Throws if the body of a request is not what the document allows. */
export const assertPublishable = (body: unknown): void =>
  validate("/paths/~1topics~1{id}~1events/post/requestBody/content/application~1json/schema", body);

function responsePointer(method: string, path: string, status: number): string {
  // Methods are case-sensitive, and the document has them in lower case
  const operation = method === method.toUpperCase() ? openApi.paths[path]?.[method.toLowerCase()] : undefined;
  // Of requests that the document does not have
  if (status === 404) return "/components/responses/NotFound";
  if (operation === undefined && status === 405) return "/components/responses/MethodNotAllowed";
  const response = operation?.responses[status];
  if (response === undefined) throw new Error(`the document has no ${status} for ${method} ${path}`);
  return (
    response.$ref?.slice(1) ?? `/paths/${escaped(path)}/${escaped(method.toLowerCase())}/responses/${status}`
  );
}

const at = (pointer: string): unknown =>
  pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, key) => Object(value)[key], openApi);
