// The blocks of an audit as one set of images, and shares of it.

import { AUDIT_ATTACKS, type AuditAttack } from "./attacks.ts";
import type { BlockResult, Outcome } from "./block.ts";
import type { AuditSettings } from "./options.ts";
import type { Look, Probes } from "./probes.ts";
import { countReports } from "../../attacks/index.ts";
import { percentOf } from "../gray-box.ts";
import { bounded, type BoundedShare } from "../verdicts.ts";

const meanOf = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;

export class Evidence {
  /** Attacks that were made, in their order. */
  readonly attacks: AuditAttack[];

  constructor(readonly blocks: readonly BlockResult[], readonly settings: AuditSettings) {
    this.attacks = AUDIT_ATTACKS.filter(({ name }) => this.has(name));
  }

  /** Number of images. */
  get n(): number {
    return this.blocks.reduce((sum, { images }) => sum + images.length, 0);
  }

  has(attack: string): boolean {
    return attack in this.blocks[0]!.attacks;
  }

  /** One array over all blocks. */
  private all<T>(of: (block: BlockResult) => readonly T[]): T[] {
    return this.blocks.flatMap((block) => [...of(block)]);
  }

  /** One field of an attack's outcome, or of the clean images, over all blocks; undefined where it is not there. */
  column<K extends keyof Outcome>(attack: string | null, field: K): NonNullable<Outcome[K]> | undefined {
    const of = (block: BlockResult) => (attack === null ? block.clean : block.attacks[attack]!)[field] as unknown[];
    return this.blocks[0] && of(this.blocks[0]) ? (this.all(of) as NonNullable<Outcome[K]>) : undefined;
  }

  /** Whether each image is right by a verdict. */
  verdict(attack: string | null, by: Verdict): boolean[] | undefined {
    if (by === "deployed") return this.column(attack, "right");
    if (by === "majority") return this.column(attack, "vote");
    return this.column(attack, "rights")?.map((count) => count === this.settings.fresh);
  }

  /** Right as they are and under each of some attacks, by a verdict. */
  survivors(attacks: readonly AuditAttack[], by: Verdict = "deployed"): boolean[] | undefined {
    const clean = this.verdict(null, by);
    return clean?.map((right, i) => right && attacks.every(({ name }) => this.verdict(name, by)![i]));
  }

  /** Right under every L-infinity attack. */
  robust(): BoundedShare {
    return bounded(this.survivors(this.attacks.filter(({ norm }) => norm === "Linf"))!);
  }

  /** Percent right over fresh draws as they are and, of each image, under the worst of some attacks. */
  meanOfDraws(attacks: readonly AuditAttack[]): number | undefined {
    const clean = this.column(null, "rights");
    return clean && (100 * meanOf(clean.map((rights, i) =>
      Math.min(rights, ...attacks.map(({ name }) => this.column(name, "rights")![i]!))))) / this.settings.fresh;
  }

  /** Images that an attack says had no gradient, a broken one, or ended milder; undefined where it says nothing. */
  gradients(attack: string): { zero: number; broken: number; milder: number } | undefined {
    const said = this.blocks.flatMap(({ attacks }) => attacks[attack]!.gradients ?? []);
    return said.length > 0 ? countReports(said) : undefined;
  }

  classes(): number {
    return this.blocks[0]!.classes;
  }

  clean(): number {
    return percentOf(this.verdict(null, "deployed")!);
  }

  /** Percent that an attack leaves right, of all images; of one that left images out, they count as broken. */
  accuracy(attack: string): number {
    const attacked = this.column(attack, "attacked")!;
    return percentOf(this.verdict(attack, "deployed")!.map((right, i) => right && attacked[i]!));
  }

  private threatened = (threat: AuditAttack["threat"]) =>
    this.attacks.filter((a) => a.threat === threat && a.norm === "Linf");

  /** Percent right under every L-infinity attack of a threat. */
  worst(threat: AuditAttack["threat"]): number {
    return percentOf(this.survivors(this.threatened(threat))!);
  }

  /** Percent right under all L-infinity attacks before one, and with it. */
  robustBefore(attack: string): number {
    const before = this.attacks.slice(0, this.attacks.findIndex(({ name }) => name === attack));
    return percentOf(this.survivors(before.filter(({ norm }) => norm === "Linf"))!);
  }

  robustAfter(attack: string): number {
    const upTo = this.attacks.slice(0, this.attacks.findIndex(({ name }) => name === attack) + 1);
    return percentOf(this.survivors(upTo.filter(({ norm }) => norm === "Linf"))!);
  }

  share(which: "zero" | "broken"): number {
    return percentOf(this.all(({ probes }) => probes.gradients[which]));
  }

  private looks<L extends Look>(of: (probes: Probes) => readonly L[]): (L & { percent: number; mean: number })[] {
    return of(this.blocks[0]!.probes).map((look, i) => {
      const parts = this.blocks.map(({ probes }) => of(probes)[i]!);
      return { ...look, percent: percentOf(parts.flatMap(({ right }) => right)),
        mean: meanOf(parts.flatMap(({ loss }) => loss)) };
    });
  }

  /** What PGD leaves right, and the mean loss, after so many steps. */
  steps(): { at: number; percent: number; loss: number }[] {
    return this.looks(({ steps }) => steps).map(({ at, percent, mean }) => ({ at, percent, loss: mean }));
  }

  /** What PGD leaves right over the radius. */
  radii(): { eps: number; percent: number }[] {
    const eps = (times: number) => Math.min(1, times * this.settings.eps);
    const found = this.looks(({ radii }) => radii).map(({ times, percent }) => ({ eps: eps(times), percent }));
    return [...found, { eps: eps(1), percent: this.accuracy("pgd") }].sort((a, b) => a.eps - b.eps);
  }

  unbounded(): number {
    return percentOf(this.all(({ probes }) => probes.unbounded.right));
  }

  moreDraws(): number | null {
    return this.blocks[0]!.probes.moreDraws ? percentOf(this.all(({ probes }) => probes.moreDraws!.right)) : null;
  }
}

/** Right behind the defence as deployed, by the vote of fresh draws, or on all of them. */
export type Verdict = "deployed" | "majority" | "all_right";
export const VERDICTS: readonly Verdict[] = ["deployed", "majority", "all_right"];
