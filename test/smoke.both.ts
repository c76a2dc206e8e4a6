/** The smallest proof that an adapter computes: x + 1 in WGSL, in Node and in a browser. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findAdapter } from "#adapter";

const SHADER = `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] += 1.0; }`;

const STORAGE = 0x80, COPY_SRC = 4, COPY_DST = 8, MAP_READ = 1;

/** Runs the shader over `values` and reads them back. */
async function addOne(device: GPUDevice, values: number[]): Promise<number[]> {
  const size = values.length * 4;
  const x = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  const read = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(x, 0, new Float32Array(values));
  const module = device.createShaderModule({ code: SHADER });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0,
    device.createBindGroup({ layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: x } }] }));
  pass.dispatchWorkgroups(Math.ceil(values.length / 4));
  pass.end();
  encoder.copyBufferToBuffer(x, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(MAP_READ);
  return [...new Float32Array(read.getMappedRange())];
}

const smoke = suite("smoke");

smoke("an adapter is found and adds one", async () => {
  const choice = await findAdapter("auto");
  assert.match(choice.line, choice.name);
  const device = await choice.adapter.requestDevice();
  assert.equal(await addOne(device, [1, 2, 3, 4, 5]), [2, 3, 4, 5, 6]);
  device.destroy();
});

smoke("two devices live side by side", async () => {
  const choices = [await findAdapter("software"), await findAdapter("software")];
  const devices = await Promise.all(choices.map((choice) => choice.adapter.requestDevice()));
  const answers = await Promise.all(devices.map((device, i) => addOne(device, [i])));
  assert.equal(answers, [[1], [2]]);
  for (const device of devices) device.destroy();
});

smoke.run();
