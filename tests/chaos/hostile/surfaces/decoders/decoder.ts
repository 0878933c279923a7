import type fc from "fast-check";
import { Violation } from "../../surface.ts";

/** A decoder with its inputs. `decode` returns whether it accepts an input. It throws if the decoder is wrong. */
export interface Decoder {
  inputs: fc.Arbitrary<string>;
  decode(input: string): boolean | Promise<boolean>;
}

/** Throws unless decoder and oracle agree. Returns whether both accept the input. */
export function agree(accepted: boolean, valid: boolean): boolean {
  if (accepted === valid) return accepted;
  throw new Violation(accepted ? "accepted, but invalid" : "rejected, but valid");
}

/** Throws unless a decoded value has its declared type. */
export function holds(what: string, condition: boolean): void {
  if (!condition) throw new Violation(`the decoded value is invalid: ${what}`);
}
