import type fc from "fast-check";
import { Violation } from "../../surface.ts";

/** One decoder: what it is given, and whether it takes it. Throws for whatever it must not do. */
export interface Decoder {
  inputs: fc.Arbitrary<string>;
  decode(input: string): boolean | Promise<boolean>;
}

/** Throws unless a decoder and the oracle agree. */
export function agreed(taken: boolean, valid: boolean): boolean {
  if (taken === valid) return taken;
  throw new Violation(taken ? "taken, and not valid" : "refused, and valid");
}

/** Throws unless what was decoded is what its type says. */
export function holds(what: string, condition: boolean): void {
  if (!condition) throw new Violation(`decoded to what it must not be: ${what}`);
}
