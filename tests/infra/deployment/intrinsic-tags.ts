import type { ScalarTag } from "yaml";

/** Parses the short forms of CloudFormation's functions into their objects: `!Ref X` is `{ Ref: "X" }`. */
export const INTRINSIC_TAGS: ScalarTag[] = [
  { tag: "!Ref", resolve: (text: string) => ({ Ref: text }) },
  { tag: "!GetAtt", resolve: (text: string) => ({ "Fn::GetAtt": text }) },
  { tag: "!Sub", resolve: (text: string) => ({ "Fn::Sub": text }) },
];
