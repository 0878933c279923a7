import fc from "fast-check";
import { awkwardJson, awkwardName, withMember } from "./awkward.ts";

const OPERATIONS = ["retype", "drop", "add", "nest", "double", "exchange", "rename"] as const;

interface Edit {
  operation: (typeof OPERATIONS)[number];
  /** The index of the edited place in the value, modulo the number of places. */
  at: number;
  name: string;
  value: unknown;
}

interface Place {
  parent: Record<string, unknown> | unknown[];
  key: string | number;
}

/** Returns values of a valid shape, with some members dropped, doubled, retyped, nested, renamed or extended. */
export function mangled(
  shape: fc.Arbitrary<unknown>,
  values: fc.Arbitrary<unknown> = awkwardJson,
  maxEdits: number = 3,
): fc.Arbitrary<unknown> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    operation: fc.constantFrom(...OPERATIONS),
    at: fc.nat(),
    name: awkwardName,
    value: values,
  });
  return fc
    .tuple(shape, fc.array(edit, { maxLength: maxEdits }))
    .map(([value, edits]) => edits.reduce(applyEdit, value));
}

/** Returns an edited copy and leaves the value unchanged. */
function applyEdit(value: unknown, { operation, at, name, value: other }: Edit): unknown {
  const root = { root: copy(value) };
  const places = findPlaces(root);
  const place = places[at % places.length];
  if (!place) return value;
  const { parent, key } = place;
  const held = read(parent, key);
  if (operation === "retype") write(parent, key, other);
  else if (operation === "nest") write(parent, key, at % 2 === 0 ? [held] : withMember({}, name, held));
  else if (operation === "double")
    write(parent, key, Array.isArray(held) ? [...held, ...held] : [held, held]);
  else if (operation === "add") addTo(held, parent, name, other);
  else if (operation === "exchange") {
    const second = places[(at + name.length + 1) % places.length];
    if (second) write(parent, key, copy(read(second.parent, second.key)));
  } else {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    if (operation === "rename" && !Array.isArray(parent)) withMember(parent, name, held);
  }
  return root.root;
}

function addTo(held: unknown, parent: Place["parent"], name: string, other: unknown): void {
  if (Array.isArray(held)) held.push(other);
  else if (isPlain(held)) withMember(held, name, other);
  else if (Array.isArray(parent)) parent.push(other);
  else withMember(parent, name, other);
}

const MAX_PLACES = 300;

function findPlaces(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const containers: Place["parent"][] = [root];
  for (let parent = containers.pop(); parent && places.length < MAX_PLACES; parent = containers.pop()) {
    for (const key of Object.keys(parent)) {
      places.push({ parent, key });
      const held = read(parent, key);
      if (Array.isArray(held) || isPlain(held)) containers.push(held);
    }
  }
  return places;
}

const read = (parent: Place["parent"], key: string | number): unknown =>
  (Object.getOwnPropertyDescriptor(parent, key)?.value as unknown) ?? undefined;

function write(parent: Place["parent"], key: string | number, value: unknown): void {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else withMember(parent, String(key), value);
}

/** Copies only plain objects and arrays. Functions and instances in options are not copied. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isPlain(value)) return value;
  const result = {};
  for (const key of Object.keys(value)) withMember(result, key, copy(read(value, key)));
  return result;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
