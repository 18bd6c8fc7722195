/** Answers one JSON line for every JSON line, as a phone would: the first one holds the source of the engine. */
import { createInterface } from "node:readline";

let engine;
const packs = {};

/** What an engine says of a check-in, or that it refuses to say anything. */
function answer(pack, checkin) {
  const decision = engine.decide(pack, checkin);
  return { decision, told: engine.explain(pack, decision) };
}

const tasks = {
  async start({ source }) {
    engine = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
    return Object.keys(engine).sort();
  },
  keep({ name, pack }) {
    packs[name] = pack;
    return Object.keys(pack).length;
  },
  /** A pack that was kept, with what is different now; each check-in is judged against those before it. */
  answer({ name, but, checkins }) {
    let pack = { ...packs[name], ...but };
    const before = JSON.stringify(pack);
    const first = pack;
    const answers = checkins.map((checkin) => {
      const answered = answer(pack, checkin);
      pack = engine.follow(pack, checkin);
      return answered;
    });
    if (JSON.stringify(first) !== before) throw new Error("the engine changed the pack it was handed");
    return answers;
  },
  days({ name, but, moments }) {
    const pack = { ...packs[name], ...but };
    return moments.map(([moment, zone]) => engine.dayOf(pack, moment, zone));
  },
  dates({ name, but, moments }) {
    const pack = { ...packs[name], ...but };
    return moments.map(([moment, zone]) => engine.dayOf(pack, new Date(moment), zone));
  },
  asked({ name, days }) {
    return days.map((day) => engine.asked(packs[name], day).map((question) => question.id));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...about } = JSON.parse(line);
  let reply;
  try {
    reply = { done: await tasks[task](about) };
  } catch (error) {
    reply = { refused: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
