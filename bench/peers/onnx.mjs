// Builds ONNX models: just enough of the format (onnx.proto, IR version 8, operator set 17) for float32 graphs.

const VARINT = 0; // wire types of protobuf
const BYTES = 2;
const FLOAT = 1; // TensorProto.DataType
const INT64 = 7;
const INT = 2; // AttributeProto.AttributeType
const INTS = 7;

/** A whole number below 2^53, seven bits a byte, the lowest first. */
function varint(n) {
  const bytes = [];
  for (; n >= 128; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return Buffer.from([...bytes, n]);
}

const number = (field, n) => Buffer.concat([varint(field * 8 + VARINT), varint(n)]);

/** A string, raw bytes or a message made of parts. */
function block(field, ...parts) {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([varint(field * 8 + BYTES), varint(bytes.length), bytes]);
}

/** A whole number or a list of them. */
const attribute = ([name, n]) =>
  block(5, block(1, name), ...(Array.isArray(n) ? [...n.map((i) =>
    number(8, i)
  ), number(20, INTS)] : [number(3, n), number(20, INT)]));

const node = ({ op, inputs, output, attributes }) =>
  block(1, ...inputs.map((name) => block(1, name)), block(2, output), block(4, op),
    ...Object.entries(attributes).map(attribute));

function constant({ name, data, shape }) {
  const type = data instanceof BigInt64Array ? INT64 : FLOAT;
  return block(5, ...shape.map((n) => number(1, n)), number(2, type), block(8, name),
    block(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
}

/** What a graph takes or gives; an output needs no shape, it follows from the nodes. */
function value(field, name, shape) {
  const dimensions = shape ? [block(2, ...shape.map((n) => block(1, number(1, n))))] : [];
  return block(field, block(1, name), block(2, block(1, number(1, FLOAT), ...dimensions)));
}

/** A graph of one input, "x", whose output is that of the node added last. Tensors go by their names. */
export class Graph {
  constants = [];
  nodes = [];

  constructor(shape) {
    this.shape = shape;
  }

  /** data: Float32Array or BigInt64Array */
  constant(data, shape) {
    const name = `c${this.constants.length}`;
    this.constants.push({ name, data, shape });
    return name;
  }

  /** attributes: name -> whole number or list of them */
  add(op, inputs, attributes = {}) {
    const output = `y${this.nodes.length}`;
    this.nodes.push({ op, inputs, output, attributes });
    return output;
  }

  bytes() {
    const body = [...this.nodes.map(node), block(2, "graph"), ...this.constants.map(constant),
      value(11, "x", this.shape), value(12, this.nodes.at(-1).output)];
    return Buffer.concat([number(1, 8), block(7, ...body), block(8, number(2, 17))]);
  }
}
