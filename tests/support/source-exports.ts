/** Reads the exports of the sources with the TypeScript compiler: names, options, types and doc comments. */
import { isParameterDeclaration } from "typescript/unstable/ast";
import {
  API,
  type Checker,
  type Project,
  type Signature,
  SignatureKind,
  type Symbol as SourceSymbol,
  SymbolFlags,
  type Type,
  type UnionType,
} from "typescript/unstable/sync";
import { repository } from "./client-build.ts";
import { inTypescriptProject } from "./typescript-project.ts";

export interface SourceField {
  name: string;
  /** The type as TypeScript prints it, without `undefined`. */
  type: string;
  optional: boolean;
  comment: string;
}

export interface SourceExport {
  name: string;
  comment: string;
  kind: "function" | "type" | "value";
  /** For a function that takes one object, the object's properties. For a type, the type's properties. */
  fields: readonly SourceField[];
  /** For a function, `name({ option, option? }): Result`. */
  signature: string;
  /** For a type that is a union of strings, the strings. */
  literals: readonly string[];
}

/** Returns the exports of each module. Paths are relative to the repository. */
export function readExports(modules: readonly string[]): Map<string, readonly SourceExport[]> {
  const config = {
    extends: `${repository}tsconfig.json`,
    compilerOptions: { lib: ["es2024", "dom"] },
    files: modules.map((path) => `${repository}${path}`),
    include: [],
  };
  return inTypescriptProject({}, config, (configFile) => {
    const api = new API();
    try {
      const project = api.updateSnapshot({ openProjects: [configFile] }).getProject(configFile);
      if (!project) throw new Error(`TypeScript does not open ${configFile}`);
      return new Map(modules.map((path) => [path, readModule(project, path)]));
    } finally {
      api.close();
    }
  });
}

function readModule({ checker, program }: Project, path: string): SourceExport[] {
  const file = program.getSourceFile(`${repository}${path}`);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${path} is not a module`);
  return checker.getExportsOfModule(module).map((symbol) => describe(checker, symbol));
}

function describe(checker: Checker, exported: SourceSymbol): SourceExport {
  const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const { name } = exported;
  const comment = checker.getDocumentationCommentOfSymbol(symbol);
  const described = { name, comment, fields: [], signature: "", literals: [] };
  if (!(symbol.flags & TYPE)) return { ...described, ...describeValue(checker, symbol, name) };
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const literals = literalsOf(checker, type);
  const fields = literals.length > 0 ? [] : fieldsOf(checker, type);
  return { ...described, kind: "type", literals, fields };
}

const TYPE = SymbolFlags.Interface | SymbolFlags.TypeAlias | SymbolFlags.Class;

function describeValue(
  checker: Checker,
  symbol: SourceSymbol,
  name: string,
): Pick<SourceExport, "kind" | "fields" | "signature"> {
  const type = checker.getTypeOfSymbol(symbol);
  const [signature] = type ? checker.getSignaturesOfType(type, SignatureKind.Call) : [];
  if (!signature) return { kind: "value", fields: [], signature: "" };
  const fields = optionsOf(checker, signature);
  const returned = checker.getReturnTypeOfSignature(signature);
  const result = returned ? printed(checker, returned) : "void";
  const list = fields.map((field) => `${field.name}${field.optional ? "?" : ""}`).join(", ");
  const parameters = fields.length > 0 ? `{ ${list} }` : parametersOf(signature);
  return { kind: "function", fields, signature: `${name}(${parameters}): ${result}` };
}

/** Returns the properties of the one object that a function takes, or an empty array for any other function. */
function optionsOf(checker: Checker, signature: Signature): SourceField[] {
  if (signature.getParameters().length !== 1) return [];
  const type = checker.getParameterType(signature, 0);
  return type ? fieldsOf(checker, type) : [];
}

function parametersOf(signature: Signature): string {
  return signature
    .getParameters()
    .map(({ name, valueDeclaration }) => {
      const declaration = valueDeclaration?.resolve();
      const optional = declaration && isParameterDeclaration(declaration) && declaration.questionToken;
      return `${name}${optional ? "?" : ""}`;
    })
    .join(", ");
}

/** Returns the properties of an object, or of each object in a union. Omits methods of every string or array. */
function fieldsOf(checker: Checker, type: Type): SourceField[] {
  const members = type.isUnionType() ? membersOf(type) : [type];
  const fields = new Map<string, SourceField>();
  for (const member of members.filter((each) => each.isObjectType() || each.isIntersectionType())) {
    for (const property of checker.getPropertiesOfType(member)) {
      if (!isOurs(property)) continue;
      const optional = (property.flags & SymbolFlags.Optional) !== 0;
      const comment = checker.getDocumentationCommentOfSymbol(property);
      const declared = checker.getTypeOfSymbol(property);
      const printedType = declared ? printed(checker, declared) : "unknown";
      fields.set(property.name, { name: property.name, optional, comment, type: printedType });
    }
  }
  return [...fields.values()];
}

const isOurs = ({ declarations }: SourceSymbol): boolean =>
  declarations.some(({ path }) => path.includes("/packages/") && !path.includes("/node_modules/"));

const membersOf = (type: UnionType): readonly Type[] => type.getTypes();

function literalsOf(checker: Checker, type: Type): string[] {
  const members = type.isUnionType() ? membersOf(type) : [type];
  const literals = members.filter((member) => member.isStringLiteralType());
  return literals.length === members.length ? literals.map((each) => checker.typeToString(each)) : [];
}

/** Prints a type without `undefined` and `any` arguments: readers want `string` and `AsyncGenerator<Consumer>`. */
function printed(checker: Checker, type: Type): string {
  const text = (each: Type): string => checker.typeToString(each, undefined, NO_TRUNCATION);
  const present = text(type).endsWith(" | undefined") ? (checker.getNonNullableType(type) ?? type) : type;
  return text(present).replaceAll(", any, any>", ">").replaceAll(" | undefined)", ")");
}

const NO_TRUNCATION = 1;
