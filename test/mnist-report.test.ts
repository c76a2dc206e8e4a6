// The report of the MNIST results: its sentences come from the numbers, parts that were not run are left out.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differences } from "../src/paper/differences.ts";
import { contributions, findings } from "../src/paper/findings.ts";
import { contributionTables } from "../src/paper/tables.ts";
import { drawPictures } from "../src/report/pictures.ts";
import { reportPage } from "../src/paper/page.ts";
import type { Comparison, Results } from "../src/paper/results.ts";
import { EXPERIMENTS } from "../src/paper/experiments.ts";
import { FULL, MNIST } from "../src/paper/mnist.ts";
import type { Experiment } from "../src/paper/settings.ts";
import { RESULTS, row, table2Row } from "./mnist-results.ts";

const report = suite("mnist report");
const { command, settings, seed, adapter, commit } = RESULTS;
const RUN: Results = { command, settings, seed, adapter, commit, durations: {} };
const only = (part: Partial<Results>): string => findings({ ...RUN, ...part }).join("\n");

report("the first row is held against the paper, column by column", () => {
  const above = only({ table1: [row("cvae+g-signed", 1.2)] });
  assert.match(above, "C-VAE+G (signed) has 97.92 / 96.13 / 96.13 / 97.02 / 95.63 percent of 10,000 test images right");
  assert.match(above, "the paper's C-VAE+G has 96.72 / 94.93 / 94.93 / 95.82 / 94.43: above the paper in every " +
    "column (+1.20 / +1.20");
  assert.match(only({ table1: [row("cvae+g", -2)] }), "above the paper in no column (\u22122.00 / ");
  const mixed = { ...row("cvae+g-signed", 1), pgd: 95.5, mifgsm: 94.43 };
  assert.match(only({ table1: [mixed] }), "above the paper except under PGD and MI-FGSM (+1.00 / +1.00 / +1.00 / " +
    "\u22120.32 / 0.00 points)");
  assert.is(only({ table1: [row("vae", 0)] }), "");
});

report("what the clusters contribute is the difference of the rows, with McNemar's p", () => {
  const flat = { ...row("cvae+g-signed", 1), fgsm: 96 };
  const rows = [{ ...row("vae+g-signed", 0), ...flat, defence: "vae+g-signed" as const, fgsm: 96.1, pgd: 90 }, flat];
  const test = { reference: "cvae+g-signed" as const, other: "vae+g-signed" as const };
  const columns = (p: number) => ({ none: { b: 1, c: 1, p: 1 }, fgsm: { b: 1, c: 1, p: 0.5 },
    ifgsm: { b: 1, c: 1, p: 1 }, pgd: { b: 9, c: 0, p }, mifgsm: { b: 1, c: 1, p: 1 } });
  const said = only({ table1: rows, mcnemar: [{ ...test, ...columns(1e-9) }] });
  assert.match(said, "C-VAE+G (signed) less VAE+G (signed), trained under equal schedules, is 0.00 / \u22120.10 / " +
    "0.00 / +6.82 / 0.00 points");
  assert.match(said, "McNemar's p is 1.0000 / 0.5000 / 1.0000 / < 0.0001 / 1.0000: the two differ at p < 0.05 under " +
    "PGD. In the paper it is +0.45 / +38.60 / ");
  assert.match(only({ table1: rows, mcnemar: [{ ...test, ...columns(0.2) }] }), "they differ at p < 0.05 in no column");
  assert.not.match(only({ table1: rows }), "McNemar");
  assert.is(contributions({ ...RUN, table1: [row("cvae", 0)] }).length, 0);
});

report("a dataset that the paper does not have is reported without its numbers", () => {
  const list = EXPERIMENTS as Experiment[];
  list.push({ ...MNIST, dataset: "bars", presets: { quick: { ...FULL, dataset: "bars" } },
    paper: { table1: {}, table2: {}, table3: {} } });
  const results = { ...RUN, settings: { ...settings, dataset: "bars" }, table1: [row("vae+g", 0), row("cvae+g", 1)] };
  const said = findings(results).join("\n");
  assert.match(said, /^What the clusters contribute: C-VAE\+G less VAE\+G, .* points\.$/m);
  assert.not.match(said, /paper|NaN/);
  assert.not.match(JSON.stringify(contributionTables(results)), /NaN|null/);
  list.pop();
});

report("white box: the fall of the last row, the best of all, and where BPDA flatters most", () => {
  const said = only({ table2: { rows: [table2Row("none", 0), table2Row("dae", 60), table2Row("cvae+g-signed", 40)] } });
  assert.match(said, "the attacks bring C-VAE+G (signed) down from 97.0 percent of 100 images to 40.0 / 20.0 / 8.0 " +
    "at eps 0.1 / 0.2 / 0.3");
  assert.match(said, "without a bound, leaves 72.3, 37.2 in the paper. At eps 0.3 no defence keeps more than 12.0.");
  assert.match(said, "BPDA with the identity alone understates the attack: at eps 0.1 it leaves DAE 80.0, all " +
    "attacks together 60.0.");
  const honest = table2Row("vae", 50);
  for (const at of honest.eps) at.attacks.bpda = { ...honest.clean, mean_latent: at.worst.mean_latent };
  assert.not.match(only({ table2: { rows: [honest] } }), "understates");
});

report("clustering: means over seeds, and an empty cluster is said", () => {
  assert.match(only({ clustering: RESULTS.clustering! }), "for 67.00 percent of the test images by the best matching " +
    "(NMI 0.610; the mean of 3 seeds); the smallest cluster holds 500 images");
  assert.match(only({ clustering: [{ ...RESULTS.clustering![0]!, sizes: [0, 10] }] }), "one seed); a cluster is empty");
});

report("the page holds every part that was run, and no other", () => {
  const { png, sheet } = drawPictures([{ rows: [{ label: "r", images: new Float32Array(4) }] }], [1, 2, 2]);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"/>`;
  const figures = { figure1: svg, figure2: png, figure3: png, figure4: png, latent: svg };
  const html = reportPage({ ...RESULTS, pictures: { figure2: sheet, figure3: sheet } }, figures);
  assert.is(html.match(/<figure>/g)!.length, 7, "six figures, one of them from the numbers, and the bars");
  assert.is(html.match(/class="pictures"/g)!.length, 2, "a file without words is shown as it is");
  assert.is(reportPage(RESULTS, {}).match(/<figure>/g)!.length, 2);
  for (const heading of ["Structure", "Table 1: gray box", "What the clusters contribute", "Accuracy over eps",
    "Table 2: white box", "Adversarial examples", "Clusters", "How it was made"])
    assert.match(html, new RegExp(`<h2 id="s\\d+">${heading}</h2>`));
  for (const text of ["llvmpipe", "0123abc", "20 min 35 s", "McNemar", "no part of the paper",
    "<summary>Every attack within eps 0.2</summary>", "weight of the reconstruction, lam 30"])
    assert.match(html, text);
  assert.not.match(html, /NaN|undefined|\[object|https?:/);
  const bare = reportPage({ ...RUN, settings: {} }, {});
  assert.match(bare, "This run made no table.");
  assert.not.match(bare, /<figure>|<table|White-box images|Budget of BPDA|Table 1: gray|class="caveat"/);
});

const inFirstScreen = (results: Results): string => /<aside.*?<\/aside>/s.exec(reportPage(results, {}))?.[0] ?? "";

report("the caveats stand before any number, and follow the numbers", () => {
  const all = inFirstScreen(RESULTS);
  assert.match(all, "Table 1 is gray box");
  assert.match(all, /White box: an attacker who knows the purifier too leaves at most \d+ % right at eps 0.3, behind/);
  const [clustered, plain] = [row("cvae+g", 1), { ...row("vae+g", 0), ...row("cvae+g", 1), defence: "vae+g" }];
  const columns = (p: number) => Object.fromEntries(["none", "fgsm", "ifgsm", "pgd", "mifgsm"].map((column) =>
    [column, { b: 1, c: 1, p }]));
  const compared = (p: number) => inFirstScreen({ ...RUN, table1: [clustered, plain],
    mcnemar: [{ reference: "cvae+g", other: "vae+g", ...columns(p) } as Comparison] });
  assert.match(compared(0.4), "The clusters add nothing that can be told from chance: C-VAE+G less VAE+G, trained " +
    "alike, is 0.00 to 0.00 points");
  assert.match(compared(0.01), "more than chance (McNemar&#39;s p below 0.05) under None, FGSM,");
  assert.match(compared(0.4), "White box was not measured in this run");
});

report("one image, one seed and one step are said in the singular", () => {
  const said = reportPage({ ...RUN, table1: [{ ...row("cvae+g", 1), n: 1 }], seeds: [{ seed: 0, ...row("cvae+g", 1) }],
    history: { "train VAE": [[0, 3], [1, 2]] }, epsCurves: { ...RESULTS.epsCurves!, images: 1, steps: 1 } }, {});
  assert.match(said, "percent of 1 test image right");
  assert.match(said, "from 1 seed: accuracy");
  assert.match(said, /1 test image, 1 step of/);
  assert.not.match(said, /\b1 (images|test images|seeds|steps|charts|rows|points)\b/);
});

report("what is different follows the settings and the numbers", () => {
  const all = differences(RESULTS);
  assert.match(all["White-box images"]!, `This run attacks ${FULL.whiteBox.images}, spread`);
  assert.match(all["Budget of BPDA"]!, "leaves the bare classifier 72.3 % here and 0 % in the paper: its gradient " +
    "vanishes");
  assert.not.match(all["Budget of BPDA"]!, "This run takes");
  const quick = differences({ ...RESULTS,
    settings: { ...FULL, whiteBox: { ...FULL.whiteBox, images: 20, bpda: { lr: 0.1, steps: 100, images: 30 } } } });
  assert.match(quick["White-box images"]!, "30 without a bound and 20 within eps");
  assert.match(quick["Budget of BPDA"]!, "This run takes 100 iterations at 0.1.");
});

report.run();
