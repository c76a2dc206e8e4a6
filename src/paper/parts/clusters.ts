// What the clusters of the C-VAE hold: figures 2 and 3, the latent space, the agreement with the labels.

import { clusterSet, type Clustering } from "../../evaluate/clustering.ts";
import { figure2 as drawClusters, figure3 as drawSamples } from "../figures/clusters.ts";
import { latentSpace } from "../figures/latent.ts";
import type { Part } from "../part.ts";
import { clusteringTable } from "../tables.ts";

const HEADING = "Clusters";
const needs: Part["needs"] = ({ clustered }) => [clustered];

export const clustering: Part = {
  name: "clustering",
  needs,
  everySeed: needs,
  work: ({ testImages, seeds }) => ({ passes: testImages * seeds.length, bars: 0 }),
  async run(lab) {
    const all: Clustering[] = [];
    for (const seed of lab.settings.seeds) {
      const { net, means } = await lab.network(lab.settings.clustered, seed);
      all.push(await clusterSet(lab.gpu, net!, means!.get("means"), lab.batches(), seed));
    }
    lab.results.clustering = all;
  },
  sections: ({ clustering: all = [] }) => [{ heading: HEADING, parts: all.length ? [clusteringTable(all)] : [] }],
  text: ({ clustering: all = [] }) =>
    all.map((c) => `clustering, seed ${c.seed}: accuracy ${c.accuracy.toFixed(2)} %, NMI ${c.nmi.toFixed(3)}, sizes ` +
      c.sizes.join(" ")).join("\n"),
};

export const figure2: Part = {
  name: "figure2",
  needs,
  work: ({ testImages }) => ({ passes: testImages, bars: 0 }),
  figure: {
    file: "figure2.png",
    folded: "Figure 2: test images by cluster",
    alt: "Pairs of rows of images, a pair a cluster: originals, and under them reconstructions",
    caption: "Figure 2: clean test images by the cluster that the C-VAE puts them in, each over its reconstruction. " +
      "Under them the true class, in red with a cross where it is not the cluster's commonest.",
  },
  async run(lab) {
    const { net, means } = await lab.network(lab.settings.clustered);
    lab.writePictures("figure2", await drawClusters(lab.gpu, net!, means!.get("means"), lab.batches(),
      { classes: lab.dataset.classes }));
  },
  sections: () => [{ heading: HEADING, parts: [] }],
};

export const figure3: Part = {
  name: "figure3",
  needs,
  figure: {
    file: "figure3.png",
    folded: "Figure 3: samples of each cluster",
    alt: "Rows of generated images, one row a cluster",
    caption: "Figure 3: each cluster mean decoded, then samples of z around it, decoded.",
  },
  async run(lab) {
    const { net, means } = await lab.network(lab.settings.clustered);
    lab.writePictures("figure3",
      await drawSamples(lab.gpu, net!, means!.get("means"), lab.dataset.shape, { seed: lab.seed }));
  },
  sections: () => [{ heading: HEADING, parts: [] }],
};

export const latent: Part = {
  name: "latent",
  needs,
  work: ({ latentImages }) => ({ passes: latentImages, bars: 0 }),
  figure: {
    file: "latent.svg",
    alt: "Two scatter plots of the same points, coloured by cluster and by label",
    caption: "Latent means of test images in two dimensions (t-SNE), coloured by cluster and by label.",
  },
  async run(lab) {
    const { net, means } = await lab.network(lab.settings.clustered);
    lab.write("latent.svg", await latentSpace(lab.gpu, net!, means!.get("means"), lab.batches(),
      { count: lab.settings.latentImages }));
  },
  sections: () => [{ heading: HEADING, parts: [] }],
};
