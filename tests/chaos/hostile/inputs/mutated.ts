import fc from "fast-check";
import { awkwardJson, awkwardName, awkwardText } from "./awkward.ts";

/** Changes one place of a text. The index of a place is taken modulo the number of places. */
type Mutation = (text: string) => string;

const at = (text: string, place: number): number => (text.length === 0 ? 0 : place % text.length);
const place = fc.nat();
const length = fc.integer({ min: 1, max: 200 });

const flip = fc.tuple(place, fc.nat(15)).map(
  ([p, bit]): Mutation =>
    (text) => {
      const index = at(text, p);
      const code = text.charCodeAt(index) ^ (1 << bit);
      return text.slice(0, index) + (text === "" ? "" : String.fromCharCode(code)) + text.slice(index + 1);
    },
);
const truncate = place.map(
  (p): Mutation =>
    (text) =>
      text.slice(0, at(text, p)),
);
const remove = fc.tuple(place, length).map(
  ([p, size]): Mutation =>
    (text) =>
      text.slice(0, at(text, p)) + text.slice(at(text, p) + size),
);
const repeat = fc.tuple(place, length, fc.integer({ min: 1, max: 20 })).map(([p, size, times]): Mutation => {
  return (text) => {
    const index = at(text, p);
    return text.slice(0, index) + text.slice(index, index + size).repeat(times) + text.slice(index);
  };
});
const insert = fc.tuple(place, awkwardText).map(
  ([p, other]): Mutation =>
    (text) => {
      return text.slice(0, at(text, p)) + other + text.slice(at(text, p));
    },
);
const deepen = fc.tuple(place, fc.nat(30_000), fc.constantFrom("[", "{", '{"a":', "[[1],")).map(
  ([p, depth, open]): Mutation =>
    (text) => {
      return text.slice(0, at(text, p)) + open.repeat(depth) + text.slice(at(text, p));
    },
);

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/g;

/** Replaces a value with another one, which can have another type. */
const swapType = fc.tuple(place, awkwardJson).map(
  ([p, value]): Mutation =>
    (text) => {
      const tokens = [...text.matchAll(TOKEN)];
      const token = tokens[tokens.length === 0 ? 0 : p % tokens.length];
      return token
        ? text.slice(0, token.index) + JSON.stringify(value) + text.slice(token.index + token[0].length)
        : text;
    },
);

/** Adds a member to an object. It can be a duplicate, which no parsed value could contain. */
const doubleMember = fc.tuple(place, awkwardName, awkwardJson).map(
  ([p, name, value]): Mutation =>
    (text) => {
      const opens = [...text.matchAll(/\{/g)];
      const open = opens[opens.length === 0 ? 0 : p % opens.length];
      const members = [...text.matchAll(/"([a-zA-Z0-9]+)":/g)];
      const key = p % 3 === 0 ? name : (members[members.length === 0 ? 0 : p % members.length]?.[1] ?? name);
      if (!open) return text;
      const member = `${JSON.stringify(key)}:${JSON.stringify(value)},`;
      return text.slice(0, open.index + 1) + member + text.slice(open.index + 1);
    },
);

/** Inserts a part of another recording. */
const splice = (samples: readonly string[]): fc.Arbitrary<Mutation> =>
  fc.tuple(place, fc.constantFrom(...samples), place, length).map(([p, other, from, size]): Mutation => {
    const piece = other.slice(at(other, from), at(other, from) + size);
    return (text) => text.slice(0, at(text, p)) + piece + text.slice(at(text, p) + (from % 2) * size);
  });

/** Returns recorded texts with one to four changes. Bytes are represented as latin1. */
export function mutated(
  samples: readonly string[],
  ownMutations: readonly fc.Arbitrary<Mutation>[] = [swapType, doubleMember],
): fc.Arbitrary<string> {
  const mutation = fc.oneof(
    ...[flip, flip, truncate, remove, repeat, insert].map((arbitrary) => ({ weight: 4, arbitrary })),
    { weight: 4, arbitrary: splice(samples) },
    ...ownMutations.map((arbitrary) => ({ weight: 6, arbitrary })),
    { weight: 1, arbitrary: deepen },
  );
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([sample, mutations]) => mutations.reduce((text, change) => change(text), sample));
}

/** Mutations that duplicate or change a header, or change the path. */
export const headerMutations: readonly fc.Arbitrary<Mutation>[] = [
  fc.tuple(place, awkwardText).map(
    ([p, value]): Mutation =>
      (text) => {
        const headers = [...text.matchAll(/\r\n([\w-]+): ([^\r]*)/g)];
        const header = headers[headers.length === 0 ? 0 : p % headers.length];
        if (!header) return text;
        const start = header.index + (p % 2 === 0 ? 0 : header[0].length);
        const end = header.index + header[0].length;
        return `${text.slice(0, start)}\r\n${header[1]}: ${value.slice(0, 300)}${text.slice(end)}`;
      },
  ),
  fc.tuple(place, awkwardText).map(
    ([p, value]): Mutation =>
      (text) => {
        const target = /^(\w+) (\S+) /.exec(text);
        if (!target) return text;
        const path = target[2] ?? "";
        const changed =
          path.slice(0, at(path, p)) + encodeAwkwardly(value.slice(0, 300), p) + path.slice(at(path, p));
        return text.replace(path, () => changed);
      },
  ),
];

const encodeAwkwardly = (value: string, choice: number): string =>
  choice % 3 === 0 ? value : encodeURIComponent(value.toWellFormed());
