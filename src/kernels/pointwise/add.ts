import part from "../../../shaders/pointwise/add.wgsl";
import { setAccumulate } from "../../engine/grad/tape.ts";
import { binary } from "./binary.ts";

/** a + b with broadcasting; b may be a number. */
export const add = binary("add", part, { a: (dy) => dy, b: (dy) => dy });

setAccumulate(add);
