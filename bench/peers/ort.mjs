// ONNX Runtime's WebGPU provider, or with --cpu its own on the CPU, as a worker of `npm run bench:peers`. It has no
// gradients, so only forward cases run. The input is copied to the device once and outputs stay there: a call copies
// nothing.

import ort from "onnxruntime-node";
import { cnn, decode, encodeMean, parameters } from "./nets.mjs";
import { Graph } from "./onnx.mjs";
import { adapterName, pixels, rnd, sample16, serve, shimWebGPU, sizeOf } from "./worker.mjs";

const CPU = process.argv.includes("--cpu");
const OPTIONS = { executionProviders: [CPU ? "cpu" : "webgpu"], intraOpNumThreads: 1, interOpNumThreads: 1,
  logSeverityLevel: 3 };

/** A session whose output goes to "gpu-buffer" or to "cpu". It owns what it leaves on the device: release it last. */
async function open(graph, to) {
  const session = await ort.InferenceSession.create(graph.bytes(),
    CPU || to === "cpu" ? OPTIONS : { ...OPTIONS, preferredOutputLocation: to });
  const [name] = session.outputNames;
  return {
    run: async (x) => (await session.run({ x }))[name],
    release: () => session.release(),
  };
}

/**
 * A session that passes its input on, to the other side. (getData() of a device tensor is missing in Node and aborts.)
 */
function openCopy(shape, to) {
  const graph = new Graph(shape);
  graph.add("Identity", ["x"]);
  return open(graph, to);
}

async function upload(data, shape) {
  if (CPU) return { tensor: new ort.Tensor("float32", data, shape), drop: () => undefined };
  const session = await openCopy(shape, "gpu-buffer");
  const tensor = await session.run(new ort.Tensor("float32", data, shape));
  const drop = () => {
    tensor.dispose();
    return session.release();
  };
  return { tensor, drop };
}

async function download(tensor) {
  if (CPU) return tensor.data;
  const session = await openCopy(tensor.dims, "cpu");
  const { data } = await session.run(tensor);
  await session.release();
  return data;
}

/** Waiting: one number is computed and read back, behind everything that was submitted before. */
async function openSync() {
  const graph = new Graph([1]);
  graph.add("Relu", ["x"]);
  const session = await open(graph, "cpu");
  return async () => void (await session.run(new ort.Tensor("float32", [1], [1])));
}

const square = (n) => [n, n];
const pads = (n) => [n, n, n, n];

/** The layers that nets.mjs is written over. */
class Layers {
  constructor(graph) {
    this.graph = graph;
  }

  op(op, inputs, { relu = false, ...attributes }) {
    const y = this.graph.add(op, inputs, attributes);
    return relu ? this.graph.add("Relu", [y]) : y;
  }

  conv(x, w, b, { stride = 1, padding = 0, relu } = {}) {
    return this.op("Conv", [x, w, ...(b ? [b] : [])], { relu, strides: square(stride), pads: pads(padding) });
  }

  tconv(x, w, b, { stride, padding, outputPadding, relu }) {
    return this.op("ConvTranspose", [x, w, ...(b ? [b] : [])], { relu, strides: square(stride), pads: pads(padding),
      output_padding: square(outputPadding) });
  }

  linear(x, w, b, { relu } = {}) {
    return this.op("Gemm", [x, w, b], { relu, transB: 1 });
  }

  maxPool(x) {
    return this.graph.add("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  }

  flatten(x) {
    return this.graph.add("Flatten", [x]);
  }

  /** In ONNX a 0 keeps the batch as it is. */
  unflatten(x, shape) {
    return this.graph.add("Reshape", [x,
      this.graph.constant(BigInt64Array.from([0, ...shape].map(BigInt)), [shape.length + 1])]);
  }
}

/** A case is the numbers of its input x and a graph; weights are constants of the graph, as in every ONNX model. */
function matmul({ n }) {
  const graph = new Graph([n, n]);
  graph.add("MatMul", ["x", graph.constant(rnd(n * n, 1, 2), [n, n])]);
  return { x: rnd(n * n), graph };
}

function convolution(layer, xShape, wShape, options) {
  const graph = new Graph(xShape);
  new Layers(graph)[layer]("x", graph.constant(rnd(sizeOf(wShape), 0.1, 2), wShape), null, options);
  return { x: rnd(sizeOf(xShape)), graph };
}

function conv({ pass, batch, size, ci, co, k, stride, padding }) {
  return pass === "forward" ? convolution("conv", [batch, ci, size, size], [co, ci, k, k], { stride, padding }) : null;
}

function tconv({ batch, size, ci, co, k, stride, padding, outputPadding }) {
  return convolution("tconv", [batch, ci, size, size], [ci, co, k, k], { stride, padding, outputPadding });
}

function tiny({ op, count }) {
  const graph = new Graph([16, 16]);
  let y = "x";
  for (let i = 0; i < count; i++) y = op === "add" ? graph.add("Add", [y, "x"]) : graph.add("Relu", [y]);
  return { x: rnd(256), graph };
}

function purify({ batch }) {
  const graph = new Graph([batch, 1, 28, 28]);
  const layers = new Layers(graph);
  const weights = (net) => parameters(net).map(({ data, shape }) => graph.constant(data, shape));
  const [vae, classifier] = [weights("conv-vae"), weights("mnist-cnn")];
  const purified = graph.add("Sigmoid", [decode(layers, vae.slice(8), encodeMean(layers, vae, "x"))]);
  cnn(layers, classifier, purified);
  return { x: pixels(batch * 784), graph };
}

const kinds = { matmul, conv, tconv, tiny, purify };

async function make({ work }, sync) {
  const built = kinds[work.kind]?.(work);
  if (!built) return { unsupported: "forward only" };
  const session = await open(built.graph, "gpu-buffer");
  const x = await upload(built.x, built.graph.shape);
  let y = null;
  return {
    async call() {
      y?.dispose();
      y = await session.run(x.tensor);
    },
    sync,
    read: async () => sample16(await download(y)),
    async drop() {
      y?.dispose();
      await x.drop();
      await session.release();
    },
  };
}

/** ONNX Runtime does not tell its adapter: that of the Dawn in the package webgpu, which sees the same drivers. */
async function adapterOfDawn() {
  const adapter = await (await shimWebGPU()).requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no WebGPU adapter: install a Vulkan driver (Debian: mesa-vulkan-drivers)");
  return adapterName(adapter.info);
}

const adapter = CPU ? null : await adapterOfDawn();
const sync = CPU ? () => undefined : await openSync();
await serve({ engine: CPU ? "ort-cpu" : "ort-webgpu", version: ort.env.versions.node, adapter },
  (request) => make(request, sync));
