import fc from "fast-check";
import { awkwardJson, awkwardName, withMember } from "./awkward.ts";

const OPERATIONS = ["retype", "drop", "add", "nest", "double", "exchange", "rename"] as const;

interface Edit {
  operation: (typeof OPERATIONS)[number];
  /** Which of the value's places, counted through; taken modulo their number. */
  at: number;
  name: string;
  value: unknown;
}

interface Place {
  parent: Record<string, unknown> | unknown[];
  key: string | number;
}

/** A value of the real shape, with some of its members dropped, doubled, retyped, nested, renamed or added to. */
export function mangled(
  shape: fc.Arbitrary<unknown>,
  values: fc.Arbitrary<unknown> = awkwardJson,
  editsMax: number = 3,
): fc.Arbitrary<unknown> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    operation: fc.constantFrom(...OPERATIONS),
    at: fc.nat(),
    name: awkwardName,
    value: values,
  });
  return fc
    .tuple(shape, fc.array(edit, { maxLength: editsMax }))
    .map(([value, edits]) => edits.reduce(applied, value));
}

/** A copy with the edit done; what was there is left as it was. */
function applied(value: unknown, { operation, at, name, value: other }: Edit): unknown {
  const root = { root: copied(value) };
  const places = placesIn(root);
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
    if (second) write(parent, key, copied(read(second.parent, second.key)));
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

const PLACES_MAX = 300;

function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const containers: Place["parent"][] = [root];
  for (let parent = containers.pop(); parent && places.length < PLACES_MAX; parent = containers.pop()) {
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

/** Plain objects and arrays only: functions and instances in options stay what they are. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (!isPlain(value)) return value;
  const copy = {};
  for (const key of Object.keys(value)) withMember(copy, key, copied(read(value, key)));
  return copy;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
