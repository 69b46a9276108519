import { expect, test } from "vitest";
import { html, trusted } from "./markup.ts";

test("text is escaped, in contents and in attributes", () => {
  const text = `<a href="x" title='y'>&amp;</a>`;
  expect(html`<p title="${text}">${text}</p>`.markup).toBe(
    `<p title="&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;">&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;</p>`,
  );
});

test("markup is put in as it is, lists one after the other, null as nothing, numbers as they are written", () => {
  const items = ["a", "<"].map((text) => html`<i>${text}</i>`);
  expect(html`<b>${items}${null}${0}${trusted("<hr>")}</b>`.markup).toBe("<b><i>a</i><i>&lt;</i>0<hr></b>");
});
