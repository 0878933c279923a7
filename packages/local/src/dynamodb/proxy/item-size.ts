/**
 * Returns the bytes of an item by the rules of
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html:
 * names and texts count in UTF-8, a number counts one byte for two digits and one more, and a list or a map counts 3
 * bytes and one for each element. `item` is in the wire format, as in `{"p":{"S":"a"}}`. Any other value counts 0.
 */
export function itemBytes(item: unknown): number {
  return entriesOf(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

const CONTAINER_BYTES = 3;

function valueBytes(value: unknown): number {
  const [type, content] = entriesOf(value)[0] ?? [];
  const elements = Array.isArray(content) ? content : [];
  switch (type) {
    case "S":
      return Buffer.byteLength(String(content));
    case "N":
      return numberBytes(String(content));
    case "B":
      return Buffer.byteLength(String(content), "base64");
    case "SS":
      return sum(elements, (element) => Buffer.byteLength(String(element)));
    case "NS":
      return sum(elements, (element) => numberBytes(String(element)));
    case "BS":
      return sum(elements, (element) => Buffer.byteLength(String(element), "base64"));
    case "L":
      return CONTAINER_BYTES + sum(elements, (element) => 1 + valueBytes(element));
    case "M":
      return CONTAINER_BYTES + itemBytes(content) + entriesOf(content).length;
    default:
      return 1; // BOOL and NULL
  }
}

/** Leading and trailing zeros are not stored. A minus sign takes a byte. */
function numberBytes(text: string): number {
  const digits = text
    .replace(/e.*$/i, "")
    .replace(/[-+.]/g, "")
    .replace(/^0+|0+$/g, "");
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith("-") ? 1 : 0);
}

function sum(elements: readonly unknown[], bytesOf: (element: unknown) => number): number {
  return elements.reduce<number>((bytes, element) => bytes + bytesOf(element), 0);
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
