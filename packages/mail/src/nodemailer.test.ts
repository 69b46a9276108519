/** A client that is not ours: nodemailer signs in on the submission port and sends what people send. */
import { createTransport } from "nodemailer";
import { expect, test } from "vitest";
import { mailsOf, startPost, startWorld, until } from "./post.fixture.ts";

test("nodemailer signs in and sends, dots, umlauts, a long subject and two recipients", async () => {
  await using world = await startWorld();
  const config = world.config({});
  await using post = await startPost(config);
  const port = Number(post.ports["submission"]?.split(":")[1]);
  const client = createTransport({
    host: "127.0.0.1",
    port,
    auth: { user: "u1@one.test", pass: "right" },
    ignoreTLS: true,
    connectionTimeout: 5000,
    socketTimeout: 5000,
  });
  try {
    const sent = await client.sendMail({
      from: "u1@one.test",
      to: ["u2@one.test", "u3@two.test"],
      subject: `Grüße ${"und so weiter ".repeat(20)}`,
      text: ".\n..\n.Zeile\nÄ\n",
    });
    expect(sent.accepted).toEqual(["u2@one.test", "u3@two.test"]);
    await until("both are delivered", async () => {
      const fates = await post.fates();
      return fates["u2@one.test"] === "delivered" && fates["u3@two.test"] === "delivered";
    });
    const [mail = ""] = await mailsOf(config.maildirs, "u3@two.test");
    expect(mail).toContain(`Message-ID: ${sent.messageId}`);
    expect(mail).toContain("with ESMTPA id ");
    expect((await post.ledger()).map(({ headerId }) => headerId)).toContain(sent.messageId);
  } finally {
    client.close();
  }
});
