import fc from "fast-check";
import { awkwardText } from "../inputs/awkward.ts";
import type { Surface, Verdict } from "../surface.ts";
import type { Decoder } from "./decoders/decoder.ts";
import { rowDecoders } from "./decoders/rows.ts";
import { textDecoders } from "./decoders/texts.ts";

export interface DecoderInput {
  decoder: string;
  text: string;
}

/** The surface of all decoders. An input is a text. For rows, it is the item as JSON. */
export function decodersSurface(
  decoders: Readonly<Record<string, Decoder>> = { ...textDecoders, ...rowDecoders },
): Surface<DecoderInput> {
  const inputs = Object.entries(decoders).map(([decoder, { inputs: texts }]) =>
    fc.record({
      decoder: fc.constant(decoder),
      text: fc.oneof({ weight: 9, arbitrary: texts }, { weight: 1, arbitrary: awkwardText }),
    }),
  );
  return {
    inputs: fc.oneof(...inputs),
    async attempt({ decoder, text }): Promise<Verdict> {
      const accepted = await decoders[decoder]?.decode(text);
      return { accepted: accepted === true, rowsWritten: 0 };
    },
  };
}
