/**
 * How quiet the host was: by an idle process that does nothing but wake up on time, by the generator's own lag, and by
 * what other processes took of its cores, since an idle process is woken at once on a host where working ones have to
 * wait. Such a host makes innocent services late. So a limit broken on a noisy side is not
 * trusted: neither a refutation of the candidate nor a control that broke. A candidate that kept its limits in spite of
 * noise kept them all the same; noise only ever makes the figures worse. Lost and duplicated mails are no matter of
 * timing and are never excused. A host whose quiet was not measured is taken for noisy.
 */
import type { HostRecord, NoiseRecord, Side } from "@cordon/model";
import { minSamples, percentileOf } from "./percentile.ts";
import type { DrillSpec } from "./spec.ts";
import { within, type Window } from "./window.ts";

/**
 * How many samples of a loop, one every 20 ms, lie behind a beat, one every 250 ms. Only their worst is known, and it
 * stands for all of them: no sample was longer, so that the percentile can only come out too high.
 */
const samplesPerBeat = 12;

/** p99.9 of each source's delays from the steady state to the end, null below 1,000 samples; and what others took. */
export function noiseOf(noise: readonly NoiseRecord[], host: readonly HostRecord[], span: Window): Side["noise"] {
  const inSpan = noise.filter((record) => within(span, record.at));
  const of = (source: NoiseRecord["source"], samplesEach: number): number | null =>
    percentileOf(
      inSpan
        .filter((record) => record.source === source)
        .flatMap((record) => Array.from({ length: samplesEach }, () => record.delayMs)),
      0.999,
      minSamples.p999,
    );
  return {
    referenceP999Ms: of("reference", 1),
    loopP999Ms: { auth: of("auth", samplesPerBeat), mail: of("mail", samplesPerBeat) },
    generatorP999Ms: of("generator", 1),
    othersShare: othersShareIn(host, span),
  };
}

/** Mean share of all cores that others took in a span; null where nothing was noted. */
export const othersShareIn = (host: readonly HostRecord[], span: Window): number | null =>
  meanOf(host.filter((record) => within(span, record.at)).map((record) => record.othersShare));

/** What others took of the host, as a clause behind a reason; empty where it is not known. */
export const othersWords = (share: number | null): string => (share === null ? "" : `; ${tookWords(share)}`);

const tookWords = (share: number): string => `other processes took ${(share * 100).toFixed(0)} % of all cores`;

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** What was not quiet, in words, with what others took where that is known; null on a quiet host. */
export function noisyBy(noise: Side["noise"], bounds: DrillSpec["noise"]): string | null {
  const { referenceP999Ms: reference, generatorP999Ms: generator } = noise;
  const others = othersWords(noise.othersShare);
  if (reference === null || generator === null) return `its quiet was not measured${others}`;
  if (reference > bounds.referenceP999Ms) return `an idle process woke ${reference.toFixed(0)} ms late${others}`;
  if (generator > bounds.generatorP999Ms)
    return `the generator was ${generator.toFixed(0)} ms behind its schedule${others}`;
  return null;
}

/**
 * What took the host's cores, in words; null where others left enough of them. It excuses a candidate that broke a limit.
 * It does not discredit a control: the candidate that held did so on the same host.
 */
export function crowdedBy({ othersShare }: Side["noise"], bounds: DrillSpec["noise"]): string | null {
  if (othersShare === null || othersShare <= bounds.othersShare) return null;
  return tookWords(othersShare);
}
