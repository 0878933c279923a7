import type fc from "fast-check";

export const SURFACE_NAMES = [
  "websocket",
  "publish",
  "fanout",
  "decoders",
  "gateway",
  "options",
  "database",
] as const;
export type SurfaceName = (typeof SURFACE_NAMES)[number];

/** The outcome of one input. An oracle that shares no code with the surface has checked it. */
export interface Verdict {
  accepted: boolean;
  /** The number of rows that a rejected input wrote. It must be 0. */
  rowsWritten: number;
}

/** A part of the system that reads untrusted input. */
export interface Surface<Input = never> {
  inputs: fc.Arbitrary<Input>;
  /** Throws if the surface fails with a foreign error, drops or misjudges the input, or hangs. */
  attempt(input: Input): Promise<Verdict>;
  /** Returns the input as text for a finding. The default is JSON. */
  show?(input: Input): string;
  /** Checks that the surface still works, and stops everything that it started. */
  stop?(): Promise<void>;
}

/** Something that a surface must not do. The message describes it in one sentence. */
export class Violation extends Error {
  override readonly name = "Violation";
}
