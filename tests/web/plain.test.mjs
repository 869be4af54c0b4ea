// The program as it is built where there is no npm: it serves a plain page, which says what is missing and shows what it can.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { close, configured, so, visit } from "./world.mjs";

/** Made by `tests/run web`. */
const PLAIN = process.env.STILLWIRE_PLAIN ?? fileURLToPath(new URL("../../target/page/plain/runner-std", import.meta.url));
const SESSIONS = `[[session]]
name = "colour <b>"
command = "printf '\\\\033[31mred\\\\033[m and <i>plain</i>\\\\n'; exec cat"
[[session]]
name = "counter"
command = "i=0; while :; do i=$((i + 1)); echo part $i; sleep 0.3; done"
[[session]]
name = "over"
command = "exit 3"
`;

after(close);

test("a host built without npm says so, and shows status and stripped text", async (t) => {
  const host = await configured(t, SESSIONS, PLAIN);
  const { page } = await visit(t, host.url());
  await page.getByText("npm was not found when it was built").waitFor();
  await page.getByText("runner-std attach").waitFor();
  assert.equal(new URL(page.url()).hash, "", "the token is not in the address bar");
  const of = (name) => page.locator("section", { has: page.getByRole("heading", { name, exact: true }) });
  await of("colour <b>").getByText(/^Idle: (quiet|awaiting input), \d+ s$/).waitFor();
  assert.equal((await of("colour <b>").locator("pre").textContent()).trim(), "red and <i>plain</i>");
  await of("counter").getByText(/^Running, \d+ s$/).waitFor();
  const part = () => of("counter").locator("pre").textContent();
  const was = await part();
  await so(page, (was) => [...document.querySelectorAll("pre")].some((pre) => pre.textContent.startsWith(was) && pre.textContent.length > was.length), was);
  await of("over").getByText(/^Exited: code 3, \d+ s$/).waitFor();
  assert.equal(await page.locator("#sessions b, #sessions i").count(), 0);
  await page.reload();
  await of("counter").waitFor();
  await host.kill();
  await page.getByText("The host cannot be reached. Trying again…").waitFor();
  await host.start();
  await so(page, () => document.querySelector("#state").textContent === "");
  assert.deepEqual(page.complaints, []);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/plain.png`, fullPage: true });
  const { page: stranger } = await visit(t, `http://127.0.0.1:${host.port}/`);
  await stranger.getByText("Not authorised: open the URL that the host printed.").waitFor();
});
