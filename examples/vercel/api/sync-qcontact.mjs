// Vercel's cron sends GET to its own deployment; this function forwards it. Set CRON_SECRET and SYNC_URL there.
export async function GET(request) {
  const authorization = `Bearer ${process.env.CRON_SECRET}`;
  if (!process.env.CRON_SECRET || request.headers.get("authorization") !== authorization)
    return new Response("Unauthorized", { status: 401 });
  const hour = new Date().toISOString().slice(0, 13); // combines repeated calls of one hour into one run
  const headers = { authorization, prefer: "respond-async", "idempotency-key": `vercel-${hour}` };
  const answer = await fetch(process.env.SYNC_URL, { method: "POST", headers });
  return new Response(await answer.text(), { status: answer.status });
}
