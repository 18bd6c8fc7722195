/**
 * What the phone answers without the server: the compiled rules of one protocol, looked up for one person.
 *
 * Nothing clinical is written here. `pack` comes from afterthread.diary.offline and holds the compiled tables (see
 * docs/reference/artefact.md), the person, the history so far and the words. A check-in has the shape that
 * `afterthread schema case` describes. What cannot be judged is refused with a RangeError, never answered as harmless:
 * the page then shows the numbers to call. Days without a check-in are the server's to judge.
 */

const UNKNOWN = "unknown";
const UNANSWERED = "unanswered";
const RISK = "risk";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_SINCE = 100_000;

/**
 * The day number of a moment (a Date, milliseconds, or an ISO text with its offset): a difference of calendar dates on
 * the wall of `zone`, where the patient is. Without a zone a text is read as written and a Date as this device has it.
 */
export function dayOf(pack, moment, zone = pack.procedure.zone) {
  const at = instant(moment);
  const day = daysSince(pack, zone || typeof moment !== "string" ? localDate(at, zone) : moment.slice(0, 10));
  // Who flies east over the date line lands on the day before the procedure.
  return pack.procedure.at && at >= instant(pack.procedure.at) ? Math.max(day, 0) : day;
}

/** The day of a check-in, which says it as a number, a date or a moment. */
function dayOfCheckin(pack, { day, date, at, timezone }) {
  if (at != null && pack.procedure.at && instant(at) < instant(pack.procedure.at)) {
    throw new RangeError("The check-in lies before the procedure.");
  }
  const zone = timezone ?? pack.procedure.zone;
  const found = day ?? (date == null ? dayOf(pack, at, zone) : daysSince(pack, date));
  if (!Number.isInteger(found) || found < 0 || found > pack.artefact.horizon_days) {
    throw new RangeError(`${found} is no day after the procedure that we know.`);
  }
  return found;
}

function daysSince(pack, date) {
  const days = (Date.parse(`${date}T00:00Z`) - Date.parse(`${pack.procedure.date}T00:00Z`)) / DAY_MS;
  if (!Number.isInteger(days)) throw new RangeError(`No day between ${pack.procedure.date} and ${date}.`);
  return days;
}

function instant(moment) {
  const readable = typeof moment !== "string" || /T.*(Z|[+-]\d\d:?\d\d)$/.test(moment);
  const at = readable ? (typeof moment === "string" ? Date.parse(moment) : Number(moment ?? NaN)) : NaN;
  if (Number.isNaN(at)) throw new RangeError(`${moment} is no moment with an offset.`);
  return at;
}

const calendars = new Map();

function localDate(at, zone) {
  if (!calendars.has(zone)) calendars.set(zone, calendar(zone));
  const parts = Object.fromEntries(calendars.get(zone).formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/** The calendar of a zone; a browser too old to know it still knows where it is itself. */
function calendar(zone) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit" };
  try {
    return new Intl.DateTimeFormat("en-US", { ...parts, timeZone: zone ?? undefined });
  } catch {
    return new Intl.DateTimeFormat("en-US", parts);
  }
}

/** The questions that stand on the page on this day; all others belong behind "anything else?". */
export function asked(pack, day) {
  return pack.questions.filter((question) => question.asked.some((days) => within(days, day)));
}

/** The same pack with this check-in in its history, so that the next one is judged against it. */
export function follow(pack, checkin) {
  return { ...pack, history: observe(pack, checkin).history };
}

/** Every variable that the rules look at, and the history with this check-in in it; changes nothing. */
function observe(pack, checkin) {
  const day = dayOfCheckin(pack, checkin);
  const answers = answersOf(pack, checkin);
  const values = { ...pack.traits, silence: "no" };
  const tracks = { ...pack.history.tracks };
  for (const [id, answer] of Object.entries(answers)) {
    const level = pack.artefact.domains[id].indexOf(answer.level) - 1; // 0 is "no", above it the sign is there
    if (level < 0) continue;
    const track = tracks[id] ?? [null, false, false];
    const course = level > 0 ? courseOf(pack, track, level, answer, day) : UNKNOWN;
    values[id] = answer.level;
    if (level > 0) Object.assign(values, { [`${id}.side`]: answer.side, [`${id}.course`]: course });
    const [last, before, improved] = track;
    tracks[id] = [level, before || level > 0, improved || course === "better" || (last !== null && level < last)];
  }
  const { contacts, heard, extra } = contactsOf(pack, day);
  Object.assign(values, { contacts, [RISK]: riskOf(pack, values) });
  values.own_words = /[^\s\x1c-\x1f\x85]|\ufeff/.test(checkin.words ?? "") ? "yes" : "no"; // blanks as Python has them
  values.first_24h = inFirstHours(pack, checkin, day) ? "yes" : "no";
  return { day, answers, values, history: { tracks, heard, extra } };
}

/** How a sign stands against the last answer; a word of "worse" is always believed. */
function courseOf(pack, [last, presentBefore, improved], level, { trend, since }, day) {
  if (last === 0) return presentBefore ? "back" : "new";
  if (last === null) {
    const recent = since !== null && since > 0 && since >= day - pack.limits.recent_days;
    return recent && trend !== "worse" ? "new" : trend;
  }
  if (level > last || trend === "worse") return improved ? "relapse" : "worse";
  return level < last || trend === "better" ? "better" : "same";
}

function riskOf(pack, values) {
  const known = pack.artefact.raising.map((modifier) => values[modifier] ?? UNKNOWN);
  return known.includes("yes") ? "yes" : known.includes(UNKNOWN) ? UNKNOWN : "no";
}

function inFirstHours(pack, { at }, day) {
  if (at == null || !pack.procedure.at) return day === 0;
  return instant(at) - instant(pack.procedure.at) < pack.limits.anaesthetic_hours * HOUR_MS;
}

function contactsOf(pack, day) {
  const { heard, extra } = pack.history;
  const unasked = heard.includes(day) || !pack.artefact.due.includes(day);
  const all = unasked ? [...extra, day] : extra;
  const recent = all.filter((one) => one > day - pack.limits.contact_days).length;
  const repeated = unasked && recent >= pack.limits.repeated_contacts;
  return { contacts: repeated ? "repeated" : "few", heard: [...heard, day], extra: all };
}

/** The answers by question. What cannot be read is unknown; only a missing answer is closed by "none of these". */
function answersOf(pack, { answers: told, otherwise }) {
  const readable = isTable(told);
  const strange = readable ? Object.keys(told).filter((id) => !pack.questions.some((one) => one.id === id)) : [];
  if (strange.length) throw new RangeError(`Nothing is asked about ${strange.join(", ")}.`);
  const answers = {};
  for (const question of pack.questions) {
    const { id } = question;
    if (readable && Object.hasOwn(told, id)) answers[id] = answerOf(pack, question, told[id]);
    else if (readable && otherwise === "no") answers[id] = answerOf(pack, question, "no");
  }
  return answers;
}

/** One answer; about a side or a trend that the question does not ask, nothing is taken in. */
function answerOf(pack, question, told) {
  const { level, side, trend, since } = isTable(told) ? told : { level: told };
  return {
    level: question.values.includes(level) ? level : UNKNOWN,
    side: question.side && Object.keys(pack.sides).includes(side) ? side : UNKNOWN,
    trend: question.trend && Object.keys(pack.trends).includes(trend) ? trend : UNKNOWN,
    since: Number.isInteger(since) && since >= 0 && since <= LONGEST_SINCE ? since : null,
  };
}

const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The urgency of one check-in and every reason for it: {day, urgency, word, decidedBy, findings, unanswered, open,
 * do, answers}. `decidedBy` is the deciding rule, "unanswered" when a silence decides, "" when nothing holds.
 */
export function decide(pack, checkin) {
  const { day, answers, values } = observe(pack, checkin);
  const { best, findings, possible } = weigh(pack, day, values);
  const urgency = best?.urgency ?? 0;
  const fired = Math.max(0, ...findings.map((finding) => finding.urgency));
  return {
    day,
    urgency,
    word: pack.artefact.urgencies[urgency],
    decidedBy: best?.rule ?? "",
    findings,
    unanswered: worstOf(possible.filter((one) => one.urgency > fired)),
    open: pack.questions.map((question) => question.id).filter((id) => !(id in values)).sort(),
    do: actionsOf(pack, urgency, fired, findings),
    answers,
  };
}

/** Every box that holds on this day as a finding, and every box that a silence leaves possible. */
function weigh(pack, day, values) {
  const unknown = pack.artefact.raising.filter((modifier) => (values[modifier] ?? UNKNOWN) === UNKNOWN);
  const raisedBy = pack.artefact.raising.filter((modifier) => values[modifier] === "yes");
  const findings = new Map();
  const possible = [];
  let best = null;
  pack.artefact.boxes.forEach((box, position) => {
    const missing = within(box.days, day) ? missingFrom(pack, box, values) : null;
    if (missing === null) return;
    if (missing.length === 0 && (best === null || ranksBefore(box, best))) best = box;
    if (box.rule === UNANSWERED) return;
    const until = pack.until[position];
    if (missing.length === 0) {
      if (findings.get(box.rule)?.urgency >= box.urgency) return;
      const status = until === null ? "sign" : day <= until ? "expected" : "past";
      const raised = RISK in box.where ? raisedBy : [];
      findings.set(box.rule, { entry: box.rule, status, urgency: box.urgency, until, raisedBy: raised });
    } else if (until !== null && missing.some((name) => pack.artefact.modifiers.includes(name))) {
      // Every window has a box for a modifier that is unknown; this one is for people of whom it is known.
    } else if (!missing.includes(RISK)) {
      possible.push({ urgency: box.urgency, names: missing });
    } else if (missing.length === 1) {
      // The rule holds and only the risk is unknown; were more missing, its box without the risk says so.
      possible.push({ urgency: box.urgency, names: unknown });
    }
  });
  const ordered = [...findings.values()].sort((a, b) => b.urgency - a.urgency || compare(a.entry, b.entry));
  return { best, findings: ordered, possible };
}

/** The variables whose silence alone keeps a box from holding, or null when an answer refutes it. */
function missingFrom(pack, box, values) {
  const missing = [];
  for (const [name, wanted] of Object.entries(box.where)) {
    const position = Math.max(pack.artefact.domains[name].indexOf(values[name] ?? UNKNOWN), 0);
    if (wanted.includes(position)) continue;
    if (position > 0) return null;
    missing.push(name);
  }
  return missing;
}

function ranksBefore(box, best) {
  const silent = (one) => Number(one.rule === UNANSWERED);
  return (best.urgency - box.urgency || silent(box) - silent(best) || compare(box.rule, best.rule)) < 0;
}

/** Each silent variable once, with the highest urgency it leaves possible, the worst first. */
function worstOf(possible) {
  const worst = new Map();
  for (const { urgency, names } of possible) {
    for (const name of names) worst.set(name, Math.max(urgency, worst.get(name) ?? 0));
  }
  const changes = [...worst].map(([variable, urgency]) => ({ variable, urgency }));
  return changes.sort((a, b) => b.urgency - a.urgency || compare(a.variable, b.variable));
}

/** What to do, the most urgent first; in an emergency nothing else, and nothing calmer than the decision. */
function actionsOf(pack, urgency, fired, findings) {
  const chosen = urgency > fired ? ["answer_missing"] : [];
  for (const finding of findings) {
    const entry = pack.entries[finding.entry];
    const emergency = pack.artefact.urgencies.length - 1;
    if (finding.urgency < urgency && urgency === emergency) continue;
    chosen.push(...(finding.status === "past" ? entry.past_do : entry.do));
  }
  return [...new Set(chosen)].filter((id) => id in pack.actions && pack.actions[id].up_to >= urgency);
}

/** A decision told: {day, urgency, meaning, first, reasons: [{says, entry, urgency}], do, unanswered, notice}. */
export function explain(pack, decision) {
  const urgency = pack.urgencies[decision.urgency];
  const nothing = pack.sentences[decision.urgency === 0 ? "nothing" : "too_little"];
  const reasons = decision.findings.map((finding) => reasonOf(pack, decision, finding));
  return {
    day: fill(pack.sentences.day, { day: decision.day }),
    urgency: urgency.name,
    meaning: urgency.meaning,
    first: urgency.do,
    reasons: reasons.length ? reasons : [{ says: nothing, entry: "", urgency: decision.word }],
    do: decision.do.map((id) => pack.actions[id].do),
    unanswered: unansweredOf(pack, decision),
    notice: pack.notice,
  };
}

function reasonOf(pack, decision, { entry, status, urgency, until, raisedBy }) {
  const told = pack.entries[entry];
  let says = told.because;
  if (status !== "sign") {
    const finding = described(pack, entry.slice(entry.indexOf(".") + 1), decision.answers);
    const head = fill(pack.sentences[status], { finding, until, since: Math.max(until + 1, 0) });
    says = `${head} ${fill(told[status], { until })}`;
  }
  const modifiers = raisedBy.map((modifier) => pack.modifiers[modifier]).join(", ");
  if (modifiers) says += ` ${fill(pack.sentences.raised, { modifiers })}`;
  return { says, entry, urgency: pack.artefact.urgencies[urgency] };
}

/** A sign as it was answered: Swelling (clearly, only on one side). */
function described(pack, id, answers) {
  const { scale, name } = pack.questions.find((question) => question.id === id);
  const { level, side } = answers[id];
  const [first, ...rest] = name;
  const about = [level === "yes" ? "" : pack.scales[scale][level], pack.sides[side]].filter(Boolean).join(", ");
  return first.toUpperCase() + rest.join("") + (about ? ` (${about})` : "");
}

/** What was left open: first what could still raise the decision, then the rest. */
function unansweredOf(pack, { unanswered, open }) {
  const names = { ...pack.modifiers, ...Object.fromEntries(pack.questions.map(({ id, name }) => [id, name])) };
  const parts = unanswered.map(({ variable }) => variable.split("."));
  const could = parts.map(([id, part]) => (names[id] ?? id) + (part ? `, ${pack.parts[part]}` : ""));
  const rest = open.filter((id) => !parts.some(([head]) => head === id)).map((id) => names[id]);
  const say = (sentence, some) => (some.length ? [fill(sentence, { questions: [...new Set(some)].join("; ") })] : []);
  return [...say(pack.sentences.unanswered, could), ...say(pack.sentences.also_open, rest)].join(" ");
}

/** A sentence with its blanks filled. */
function fill(sentence, values) {
  return Object.entries(values).reduce((said, [blank, value]) => said.split(`{${blank}}`).join(value), sentence);
}

const within = ([first, last], day) => first <= day && (last === null || day <= last);

const compare = (a, b) => (a < b ? -1 : Number(a > b));
