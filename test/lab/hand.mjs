/** What a person does on a page of the lab, and what is seen there: the words of its tests. */
import { readFileSync } from "node:fs";

export const PATIENCE = { timeout: 120_000 };

export function due(right, what) {
  if (!right) throw new Error(what);
}

/** The sentence at the top of the page; and waiting until it has a part. */
export const said = (page) => page.textContent(".sentence");
export const saidThat = (page, text) => page.waitForFunction((part) =>
  document.querySelector(".sentence")?.textContent.includes(part), text, PATIENCE);

export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const press = (page, name) => button(page, name).click(PATIENCE);

/** Sets controls by their labels. */
export async function settings(page, values) {
  for (const [label, value] of Object.entries(values)) {
    const control = page.getByLabel(label, { exact: true });
    if (await control.evaluate(({ tagName }) => tagName === "SELECT")) await control.selectOption(value);
    else await control.fill(value);
  }
}

/** Chooses a file for the page. */
export const give = (page, name, buffer) => page.setInputFiles("input[type=file]", { name, mimeType: "", buffer });

/** The bytes of the weights that the page saves. */
export async function saved(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Save the weights")]);
  due(file.suggestedFilename() === name, file.suggestedFilename());
  return readFileSync(await file.path());
}

/** How many different colours a picture of an element has: a blank one has few. */
export async function colours(page, selector) {
  const png = await page.locator(selector).first().screenshot();
  return page.evaluate(async (bytes) => {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, [...png]);
}
