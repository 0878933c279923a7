import type { ScalarTag } from "yaml";

/** CloudFormation's short forms of its functions, as the objects that they stand for: `!Ref X` is `{ Ref: "X" }`. */
export const INTRINSIC_TAGS: ScalarTag[] = [
  { tag: "!Ref", resolve: (text: string) => ({ Ref: text }) },
  { tag: "!GetAtt", resolve: (text: string) => ({ "Fn::GetAtt": text }) },
  { tag: "!Sub", resolve: (text: string) => ({ "Fn::Sub": text }) },
];
