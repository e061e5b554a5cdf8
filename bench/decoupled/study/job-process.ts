/** @file One job in a process of its own, which computes on one core: sends what came of it and ends. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sessionsOn } from "#engine/runtime/node";
import { loadPolicy } from "#policy/policies";
import { evaluatePolicy, taskOf, type RunConfig } from "#policy/training";
import { generateDataset, loadRun, pretrainRun, readMetrics, readRunFacts, trainRun } from "#policy/training/node";
import type { JobOutcome, JobRequest } from "./job-messages.ts";
import type { Job } from "./jobs.ts";
import { demonstrationsFolder, headFolder, type Demonstrations, type StudyHead, type StudyRun } from "./work.ts";

const openSession = sessionsOn(1);

/** Whatever an interrupted process left of the same job is gone on with. */
async function done(job: Job, { work, command }: JobRequest): Promise<JobOutcome> {
  const dir = join(work, job.id);
  if (job.kind === "demonstrations") await demonstrate(job.demonstrations, dir);
  if (job.kind === "head") return { train: await pretrain(job.head, dir, { work, command }) };
  return job.kind === "run" ? await trainAndTry(job.run, dir, { work, command }) : {};
}

async function demonstrate({ task, episodes, images }: Demonstrations, dir: string): Promise<void> {
  await generateDataset({ task, episodes: episodes ?? 0, dir, seed: 0, workers: 1, ...(images === undefined ? {} : { images }) });
}

type Stretch = NonNullable<JobOutcome["train"]>;
type Place = Pick<JobRequest, "work" | "command">;

async function pretrain({ config, demonstrations }: StudyHead, dir: string, { work, command }: Place): Promise<Stretch> {
  const datasetDirs = demonstrations.map((each) => folderOf(each, work));
  return await timed(() => pretrainRun({ dir, config, datasetDirs, resume: existsSync(dir), command, openSession }));
}

/** Seconds, and the steps that were done in them. */
async function timed(train: () => Promise<{ readonly steps: number }>): Promise<Stretch> {
  const start = performance.now();
  const { steps } = await train();
  return { steps, seconds: (performance.now() - start) / 1000 };
}

async function trainAndTry({ config, head, demonstrations, rollouts: episodes, firstSeed }: StudyRun, dir: string, { work, command }: Place): Promise<JobOutcome> {
  const whole: RunConfig = head === null ? config : { ...config, headFrom: join(work, headFolder(head)) };
  let sizes = { parameters: 0, frozen: 0 };
  const train = await timed(() =>
    trainRun({
      dir, config: whole, datasetDir: folderOf(demonstrations, work), resume: existsSync(dir), command, openSession,
      onStart: ({ parameters, frozen }) => (sizes = { parameters, frozen }),
    }),
  );
  const start = performance.now();
  await using policy = loadPolicy((await loadRun(dir)).weights, openSession);
  const rollouts = await evaluatePolicy(policy, taskOf(config.task), { episodes, firstSeed, executeSteps: config.executeSteps });
  const scores = rollouts.map(({ score }) => Number(score.toFixed(4)));
  const solved = rollouts.filter(({ success }) => success).length;
  const trainSeconds = (await readRunFacts(dir))?.trainSeconds ?? train.seconds;
  const finalLoss = finalLossOf(await readMetrics(dir));
  return { train, tried: { ...sizes, finalLoss, scores, solved, trainSeconds, seconds: (performance.now() - start) / 1000 } };
}

/** Every line is the mean of as many steps. */
function finalLossOf(lines: readonly { readonly loss: number }[]): number {
  const last = lines.slice(-Math.max(1, Math.round(lines.length / 10)));
  return Number((last.reduce((sum, { loss }) => sum + loss, 0) / last.length).toPrecision(4));
}

/** The repository's own datasets lie in `datasets`. */
function folderOf(demonstrations: Demonstrations, work: string): string {
  if (demonstrations.episodes !== null) return join(work, demonstrationsFolder(demonstrations));
  return fileURLToPath(new URL(`../../../datasets/${demonstrations.task}`, import.meta.url));
}

// Without who asked there is nobody to work for.
process.once("disconnect", () => process.exit());
process.once("message", (request: JobRequest) => {
  const send = (outcome: JobOutcome): void => void process.send?.(outcome, () => process.disconnect());
  done(request.job, request).then(send, (error: unknown) => send({ failure: error instanceof Error ? error.message : String(error) }));
});
