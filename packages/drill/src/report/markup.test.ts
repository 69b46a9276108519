import { expect, test } from "vitest";
import { html, trusted } from "./markup.ts";

test("text is escaped, in contents and in attributes", () => {
  const text = `<a href="x" title='y'>&amp;</a>`;
  expect(html`<p title="${text}">${text}</p>`.markup).toBe(
    `<p title="&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;">&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;</p>`,
  );
});

test("a control character is shown as a sign, since no page may hold one", () => {
  expect(html`<p>${"\u0000\u001b]0;x\u0007\u007f\u009b one\n\ttwo"}</p>`.markup).toBe(
    "<p>\u2400\u241b]0;x\u2407\ufffd\ufffd one\n\ttwo</p>",
  );
});

test("markup is put in as it is, lists one after the other, null as nothing, numbers as they are written", () => {
  const items = ["a", "<"].map((text) => html`<i>${text}</i>`);
  expect(html`<b>${items}${null}${0}${trusted("<hr>")}</b>`.markup).toBe("<b><i>a</i><i>&lt;</i>0<hr></b>");
});
