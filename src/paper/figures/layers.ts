// What a network is made of, found by running it once on one image: the tape keeps every op with its inputs, and the
// inputs say which parameters belong to it. So shapes, strides and pools are those that really ran.

import { engineOf } from "../../engine/engine.ts";
import { Tape } from "../../engine/grad/tape.ts";
import type { Shape, Tensor } from "../../engine/tensor.ts";
import type { Autoencoder } from "../../model/networks/autoencoder.ts";
import type { Classifier } from "../../model/networks/cnn.ts";
import type { Parameters } from "../../model/params.ts";

export interface Layer {
  /** Name of its parameters, as in "conv1"; for a pool what it does. */
  name: string;
  /** As in "4x4, stride 2" for a convolution (a transposed one has the stride 1/2) or "linear". */
  kind: string;
  /** Of the output, without the batch. */
  shape: Shape;
  /** Number of parameters, weights and biases. */
  parameters: number;
}

export interface Part {
  layers: Layer[];
  /** Of the whole part; as Parameters.count. */
  parameters: number;
  input: Shape;
  output: Shape;
}

export interface Structure {
  encoder: Part;
  /** The last layers of the encoder, beside each other: mu and logvar. */
  heads: Layer[];
  decoder: Part;
  classifier: Part;
}

type Node = Tape["nodes"][number];
type Run = (x: Tensor) => { output: Tensor; heads: Tensor[] };

/** Ops that change the size and have no parameters. */
const POOL = /pool|upsample/i;

const withoutBatch = (t: Tensor): Shape => t.shape.slice(1);

/** The kernel from the weight, the stride from the sizes before and after. */
function kindOf({ name, y, inputs }: Node): string {
  const x = inputs[0]!;
  const kernel = inputs[1]?.shape.length === 4 ? `${inputs[1].shape[2]}x${inputs[1].shape[3]}` : "";
  const [before, after] = [x.shape[2] ?? 1, y.shape[2] ?? 1];
  const down = Math.round(before / after);
  const up = Math.round(after / before);
  if (kernel) return `${kernel}${down > 1 ? `, stride ${down}` : up > 1 ? `, stride 1/${up}` : ""}`;
  return POOL.test(name) ? `${Math.max(down, up)}x${Math.max(down, up)}` : name;
}

/**
 * The layer that a call of an op is; null for activations and reshapes, which have no parameters and no size of their
 * own.
 */
function layerOf(node: Node, params: Parameters): Layer | null {
  const own = Object.keys(params.tensors).find((name) => node.inputs.includes(params.get(name)));
  if (!own && !POOL.test(node.name)) return null;
  const name = own ? own.slice(0, own.lastIndexOf("."))
    : node.name.replace(/2d$/, "").replace(/([A-Z])/g, " $1").toLowerCase();
  const parameters = Object.entries(params.tensors).reduce(
    (n, [key, t]) => n + (own && key.startsWith(`${name}.`) ? t.size : 0),
    0,
  );
  return { name, kind: kindOf(node), shape: withoutBatch(node.y), parameters };
}

/** A part of more layers than these is shown stage by stage. */
const MOST = 16;

/** Neighbours of one stage ("layer1.0.conv1", "layer1.1.conv2", ..) as one entry, where there are many layers. */
function byStage(layers: readonly Layer[]): Layer[] {
  if (layers.length <= MOST) return [...layers];
  const stages: Layer[][] = [];
  for (const layer of layers) {
    const [stage, ...rest] = layer.name.split(".");
    const last = stages.at(-1);
    if (rest.length && last?.[0]!.name.startsWith(`${stage}.`)) last.push(layer);
    else stages.push([layer]);
  }
  return stages.map((own) => own.length === 1 ? own[0]! : { name: own[0]!.name.split(".")[0]!, kind: `${own.length} ` +
    `layers`, shape: own.at(-1)!.shape, parameters: own.reduce((n, { parameters }) => n + parameters, 0) });
}

function observe(params: Parameters, input: Shape, run: Run): Part & { heads: Layer[] } {
  const gpu = engineOf(params.flat);
  return gpu.scope(() => {
    const x = gpu.zeros([1, ...input]);
    const outer = gpu.tape;
    const tape = (gpu.tape = new Tape([x, ...params.list()]));
    try {
      const { output, heads } = run(x);
      const found = tape.nodes.flatMap((node) => {
        const layer = layerOf(node, params);
        return layer ? [{ layer, head: heads.includes(node.y) }] : [];
      });
      const of = (head: boolean) => found.filter((f) => f.head === head).map((f) => f.layer);
      return { layers: byStage(of(false)), heads: of(true), parameters: params.count, input,
        output: withoutBatch(output) };
    } finally {
      gpu.tape = outer;
    }
  });
}

/** Layers of a purifier and of the classifier behind it, for images of `shape` [C,H,W]. */
export function structureOf(net: Autoencoder, classifier: Classifier, shape: Shape = [1, 28, 28]): Structure {
  const { heads, ...encoder } = observe(net.encoder, shape, (x) => {
    const { mu, logvar } = net.encode(x);
    return { output: mu, heads: [mu, logvar] };
  });
  const decoder = observe(net.decoder, net.latentShape, (z) => ({ output: net.decode(z), heads: [] }));
  const given = shape.join();
  if (decoder.output.join() !== given) throw new Error(`structure: images of shape [${shape}] go in, the decoder ` +
    `makes [${decoder.output}]; give the shape that the network is for`);
  const behind = observe(classifier.params, shape, (x) => ({ output: classifier.forward(x), heads: [] }));
  return { encoder, heads, decoder, classifier: behind };
}
