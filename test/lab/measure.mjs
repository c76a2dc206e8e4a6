/** The pages "Verify" and "Bench". */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { button, due, PATIENCE, press, said, saidThat } from "./hand.mjs";

export const measureTests = {
  async "verify runs, stops, and gives a sentence, a table and a file"(page, url) {
    await page.goto(`${url}#verify`);
    await press(page, "Run");
    await page.waitForFunction(() => document.querySelector("progress").value >= 3, null, PATIENCE);
    await press(page, "Stop");
    await saidThat(page, "Stopped after");
    due(/^Stopped after \d+ of (?:[7-9]\d\d|\d{4}) cases, 0 wrong\.$/.test(await said(page)), await said(page));
    await page.getByLabel("cases whose name contains").fill("softmax");
    await press(page, "Run");
    await saidThat(page, "right on");
    const [, count] = /^All (\d+) cases with "softmax" right on .*swiftshader/i.exec(await said(page)) ?? [];
    due(Number(count) >= 5, await said(page));
    due(await page.locator("li.error").count() === 0, "no case failed");
    const worst = await page.locator("tbody td:last-child").allTextContents();
    due(worst.length > 0 && worst.every((share) => Number(share) < 1), `errors within their limits: ${worst}`);
    const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Download the result")]);
    const { adapter, cases, passed } = JSON.parse(readFileSync(await file.path(), "utf8"));
    due(/swiftshader/i.test(adapter) && passed === Number(count) && cases.length === passed, "the file says the same");
    await page.getByLabel("cases whose name contains").fill("no such case");
    await press(page, "Run");
    await saidThat(page, 'No case contains "no such case"');
  },
  async "bench gives rows"(page, url) {
    await page.goto(`${url}#bench`);
    await press(page, "Run");
    await page.waitForSelector("tbody tr", PATIENCE);
    await press(page, "Stop");
    await page.waitForSelector("text=Download the result", PATIENCE);
    due(/: copy \S+ GB\/s, .*; [1-3] of 13 rows, stopped/.test(await said(page)), await said(page));
    due(/this GPU.*nvidia-h100.*PyTorch.*llvmpipe/s.test(await page.textContent("td.bar")), "beside committed runs");
    await page.getByLabel("whose name contains").fill("matmul 256");
    await page.getByLabel("each variant of a kernel").check();
    await press(page, "Run");
    await saidThat(page, "1 of 1 rows, done");
    due(await page.locator("tbody tr").count() > 2, "variants stand side by side");
    const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Download the result")]);
    const { rows, variants, roofline } = JSON.parse(readFileSync(await file.path(), "utf8"));
    due(rows.length === 1 && rows[0].ms > 0 && rows[0].samples >= 3 && roofline.fma_gflops > 0, "the file has the row");
    const bench = fileURLToPath(new URL("../../dist/bench.js", import.meta.url));
    const printed = execFileSync(process.execPath, [bench, "--from", await file.path()], { encoding: "utf8" });
    due(printed.includes("matmul 256"), "and `npm run bench` reads it");
    due(new Set(variants.map(({ variant }) => variant)).size === variants.length, "each variant was taken");
    await page.getByLabel("whose name contains").fill("no such row");
    await press(page, "Run");
    await saidThat(page, 'No row contains "no such row"');
  },
  async "tuning choices are kept in the browser, taken by every page, and forgotten"(page, url) {
    await page.goto(`${url}#bench`);
    await page.waitForSelector("text=keeps no tuning choices", PATIENCE);
    due(await button(page, "Forget the choices").isDisabled(), "nothing to forget");
    await page.getByLabel("whose name contains").fill("matmul 256");
    await press(page, "Tune these rows");
    await saidThat(page, "Tuned 1 of 1 rows");
    await page.waitForSelector("text=keeps 1 tuning choice for", PATIENCE);
    const [name, id, others] = await page.evaluate(() => {
      const name = Object.keys(localStorage).find((key) => key.startsWith("purigrad:tuner-"));
      const choices = JSON.parse(localStorage[name]);
      const [[id, { variant, among }]] = Object.entries(choices);
      const others = [...among.matchAll(/(\S.*?):\w+(?: |$)/g)].map(([, other]) => other).filter((v) => v !== variant);
      choices[id].variant = others.at(-1);
      localStorage[name] = JSON.stringify(choices);
      return [name, id, others];
    });
    due(/^matmul /.test(id) && others.length > 1, id);
    await page.reload();
    await page.getByLabel("whose name contains").fill("matmul 256");
    await press(page, "Run");
    await saidThat(page, "1 of 1 rows, done");
    due(await page.textContent(".variant") === `matmul:${others.at(-1)}`,
      `${others.at(-1)}, the stored choice, is taken: ${await page.textContent(".variant")}`);
    due(/^(\d+\.\d|under \d+)$/.test(await page.textContent("tbody td:last-child")), "the host cost of a kernel");
    await page.goto(`${url}#train`);
    await press(page, "Start");
    await page.waitForSelector("text=kernels by 1 tuning choice", PATIENCE);
    await page.goto(`${url}#bench`);
    await press(page, "Forget the choices");
    await saidThat(page, "forgotten");
    due(await page.evaluate((key) => localStorage[key], name) === "{}", "also where they were stored");
    await page.waitForSelector("text=keeps no tuning choices", PATIENCE);
  },
};
