// A table or a figure of the paper.

import type { ReportSection } from "../report/page.ts";
import type { Drawing } from "../report/html-figure.ts";
import type { Lab } from "./lab.ts";
import type { Results } from "./results.ts";
import type { Settings } from "./settings.ts";

export interface Part {
  /** As on the command line. */
  name: string;
  /** Networks of the first seed that it needs: trained before its time is taken. */
  needs(s: Settings): readonly string[];
  /** Networks that it needs from every seed. */
  everySeed?(s: Settings): readonly string[];
  /** Passes of an image that it takes, roughly, and the bars that it shows; without it a batch and no bar. */
  work?(s: Settings): { passes: number; bars?: number };
  /** Measures into `lab.results`, draws into the folder. */
  run(lab: Lab): Promise<void>;
  /** The file of its figure, and what the report says of it. */
  figure?: PartFigure;
  /** Its part of the report; sections of one heading become one. */
  sections?(results: Results): readonly ReportSection[];
  /** What was measured, for the terminal. */
  text?(results: Results): string;
}

export interface PartFigure {
  /** A drawing (.svg), or a file of pictures (.png) whose words are in `results.pictures`. */
  file: string;
  /** What the picture shows, for someone who does not see it. */
  alt: string;
  caption: string;
  /** What stands in its place until the reader asks for it. */
  folded?: string;
  /** The drawing from the numbers alone, where they suffice: the file is its wide layout. */
  draw?(results: Results): Drawing | undefined;
}
