// The page report.html of the MNIST results: tables beside the paper's, figures, settings, and what is different and
// why.

import { differences } from "./differences.ts";
import { findings } from "./findings.ts";
import { clusteringTable, contributionTables, curvesTable, mcnemarTables, paperSettingTable, seedTables, table1Table,
  withinEpsTables } from "./mnist-tables.ts";
import { duration } from "./progress.ts";
import { htmlReport, type ReportFigure, type ReportPart, type ReportSection } from "./report.ts";
import type { MnistResults } from "./results.ts";

/** PNG as bytes or SVG as text, by name: figure1 to figure4, curves (or eps-curves), latent. */
export type Figures = Readonly<Record<string, Uint8Array | string>>;

const FIGURES: Record<string, Omit<ReportFigure, "kind" | "image">> = {
  figure1: {
    alt: "Boxes for the layers of the encoder, the decoder and the classifier, with arrows between them",
    caption: "Figure 1: the purifier before the classifier, drawn from the networks themselves: layers, shapes and " +
      "parameters.",
  },
  figure2: {
    alt: "Ten pairs of rows of digits: originals, and under them reconstructions",
    caption: "Figure 2: clean test digits by the cluster that the C-VAE puts them in, and their reconstructions. " +
      "Under each its true digit, with ! where it is not the cluster's commonest.",
  },
  figure3: {
    alt: "Ten rows of generated digits, one row a cluster",
    caption: "Figure 3: each cluster mean decoded, then samples of z around it, decoded.",
  },
  figure4: {
    alt: "Blocks of digits, one an attack: originals, attacked ones, and the reconstruction by each purifier",
    caption: "Figure 4: adversarial examples and what each purifier makes of them. Under each the classifier's " +
      "verdict, with ! where it is wrong.",
  },
  curves: {
    alt: "Curves of accuracy over eps, one a defence, falling with eps",
    caption: "Accuracy over the radius of the attack, which is made against the bare classifier (gray box).",
  },
  latent: {
    alt: "Two scatter plots of the same points, coloured by cluster and by label",
    caption: "Latent means of test images in two dimensions (t-SNE), coloured by cluster and by label.",
  },
};

/** The self-contained page for whatever parts were run and whatever figures are given. */
export function mnistReport(results: MnistResults, given: Figures): string {
  const figures: Figures = given["eps-curves"] ? { ...given, curves: given["eps-curves"] } : given;
  const preset = results.settings.preset;
  return htmlReport({
    title: `purigrad: the paper's MNIST results${preset ? `, preset ${String(preset)}` : ""}`,
    summary: findings(results).join("\n\n") || "This run made no table.",
    sections: [
      section("Structure", figure(figures, "figure1")),
      ...measured(results, figures),
      section("Adversarial examples", figure(figures, "figure4")),
      section("Clusters", [...(results.clustering?.length ? [clusteringTable(results.clustering)] : []),
        ...["figure2", "figure3", "latent"].flatMap((name) => figure(figures, name))]),
      section("What is different from the paper, and why", [{ kind: "settings", entries: differences(results) }]),
      section("How it was made", [{ kind: "settings", entries: madeBy(results) }, { kind: "settings",
        entries: settingsOf(results.settings) }]),
      section("How long it took", [{ kind: "settings",
        entries: Object.fromEntries(
          Object.entries(results.durations).map(([name, s]) => [name, duration(1000 * s)]),
        ) }]),
    ].filter(({ parts }) => parts.some((part) => part.kind !== "settings" || Object.keys(part.entries).length > 0)),
  });
}

const section = (heading: string, parts: readonly ReportPart[]): ReportSection => ({ heading, parts });

function figure(figures: Figures, name: string): ReportPart[] {
  const image = figures[name];
  return image === undefined ? [] : [{ kind: "figure", image, ...FIGURES[name]! }];
}

/** Gray box, then white box: the setting of the paper, and each eps. */
function measured(results: MnistResults, figures: Figures): ReportSection[] {
  const { table1 = [], seeds = [], mcnemar = [], table2, epsCurves } = results;
  const rows = table2?.rows ?? [];
  return [
    section("Table 1: gray box", [...(table1.length ? [table1Table(table1)] : []), ...seedTables(seeds)]),
    section("What the clusters contribute", [...contributionTables(results), ...mcnemarTables(mcnemar)]),
    section("Accuracy over eps", [...figure(figures, "curves"), ...(epsCurves ? [curvesTable(epsCurves)] : [])]),
    section("Table 2: white box", rows.length ? [paperSettingTable(rows)] : []),
    ...(rows[0]?.eps ?? []).map(({ eps }, i) =>
      section(`White box within eps ${eps}`, [...(i === 0 ? [{ kind: "text" as const, text: WHITE_BOX_TEXT }] : []),
        ...withinEpsTables(rows, eps)])
    ),
  ];
}

const WHITE_BOX_TEXT = [
  "Attacks on the classifier behind the purifier. BPDA: signed steps, backward through the identity in the " +
    "purifier's place. Sampler: PGD through one draw of z a step. EOT: PGD through the mean over several draws a " +
    "step. Mean: PGD through decode(mu(x)).",
  "Worst case: images that are right as they are and after every attack. Defences without noise in z have no draws.",
].join("\n\n");

const madeBy = ({ command, seed, adapter, commit }: MnistResults) => ({ command, seed, adapter, commit });

/** Settings by their first name, each in one line: "eps 0.2; alpha 0.05; steps 10". */
const settingsOf = (settings: object): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, inWords(value)]));

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  if (!value || typeof value !== "object") return String(value);
  const part = (
    [name, v]: [string, unknown],
  ) => (v && typeof v === "object" && !Array.isArray(v) ? `${name} (${inWords(v)})` : `${name} ${inWords(v)}`);
  return Object.entries(value).map(part).join("; ");
}
