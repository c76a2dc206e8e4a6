// A table or a figure of the paper.

import type { ReportFigure, ReportSection } from "../report/page.ts";
import type { Lab } from "./lab.ts";
import type { Results } from "./results.ts";
import type { Settings } from "./settings.ts";

export interface Part {
  /** As on the command line. */
  name: string;
  /** Networks of the first seed that it needs: trained before its time is taken. */
  needs(s: Settings): readonly string[];
  /** Measures into `lab.results`, draws into the folder. */
  run(lab: Lab): Promise<void>;
  /** The file of its figure, and what the report says of it. */
  figure?: Omit<ReportFigure, "kind" | "image"> & { file: string };
  /** Its part of the report; sections of one heading become one. */
  sections?(results: Results): readonly ReportSection[];
  /** What was measured, for the terminal. */
  text?(results: Results): string;
}
