/**
 * The check-in as a form, as afterthread.clinic.questionnaire has it: which questions stand on it today, and what was
 * filled in as the case format says it. Changes there belong here too; the tests compare both.
 */

const UNKNOWN = "unknown";
const DANGER = "danger";
/** Blanks as Python strips them. */
const BLANK = "(?:[^\\S\\ufeff]|[\\x1c-\\x1f\\x85])+";
const EDGES = new RegExp(`^${BLANK}|${BLANK}$`, "g");

/** {parts, rest} of a day: what is asked, what was present before and always the danger signs; all else is rest. */
export function questionsFor(pack, day) {
  const before = ({ id }) => (pack.history.tracks[id]?.[0] ?? 0) > 0;
  const today = ({ asked }) => asked.some(([first, last]) => first <= day && (last === null || day <= last));
  const isAsked = (question) => question.group === DANGER || before(question) || today(question);
  const parts = (wanted) =>
    pack.groups
      .map((group) => ({ ...group, questions: pack.questions.filter((one) => one.group === group.id && wanted(one)) }))
      .filter((part) => part.questions.length);
  return { parts: parts(isAsked), rest: parts((question) => !isAsked(question)) };
}

/** What was filled in, a Map of names to values, as {answers, words, otherwise?}; what nobody knows the server names. */
export function readForm(pack, { parts, rest }, data) {
  const answers = {};
  for (const question of pack.questions) {
    const answer = answerOf(question, data);
    if (answer) answers[question.id] = answer;
  }
  const closed = parts.filter(({ id }) => data.get(`none-${id}`));
  if (data.get("none-rest")) closed.push(...rest);
  for (const { id } of closed.flatMap((part) => part.questions)) answers[id] ??= { level: "no" };
  const whole = data.get("none-rest") && parts.every((part) => part.questions.every(({ id }) => id in answers));
  const said = { answers, words: String(data.get("words") ?? "").replaceAll("\r\n", "\n").replace(EDGES, "") };
  return whole ? { ...said, otherwise: "no" } : said;
}

function answerOf(question, data) {
  const level = data.get(`q-${question.id}`);
  if (!level) return null;
  const parts = ["no", UNKNOWN].includes(level) ? [] : ["side", "trend", "zone"];
  const said = parts.filter((part) => question[part]).map((part) => [part, String(data.get(`q-${question.id}-${part}`) ?? "")]);
  return { level, ...Object.fromEntries(said.filter(([, value]) => value)) };
}

// -- On the page -------------------------------------------------------------------------------------------------

/** Put the questions of a day into `place`; `say` holds the words that the protocol has not. */
export function draw(pack, shown, place, say) {
  const rest = element("details", { className: "fold" }, element("summary", {}, say.look), ...shown.rest.map((part) => [element("h3", {}, part.title), questions(pack, part, say)]).flat());
  const last = card(say.else, none("rest", say.nothing), rest);
  place.replaceChildren(...shown.parts.map((part) => card(part.title, none(part.id, part.none), questions(pack, part, say))), ...(shown.rest.length ? [last] : []));
  place.addEventListener("change", ({ target }) => target.closest("[data-ask]") && unfold(target.closest("[data-ask]")));
}

const card = (title, ...inside) => element("section", { className: "card" }, element("h2", {}, title), ...inside);

const none = (id, words) => element("label", { className: "none" }, element("input", { type: "checkbox", name: `none-${id}`, value: "1" }), " ", element("span", {}, words));

const questions = (pack, part, say) => element("div", {}, ...part.questions.map((question) => ask(pack, question, say)));

function ask(pack, question, say) {
  const { id } = question;
  const levels = { ...pick(pack.scales[question.scale], question.values), [UNKNOWN]: say.unknown };
  const more = [
    question.side && choice(`q-${id}-side`, `${capital(pack.parts.side)}?`, pack.sides),
    question.trend && choice(`q-${id}-trend`, `${capital(pack.parts.course)}?`, pack.trends),
    question.zone && place(`q-${id}-zone`, say.where, pack.zones),
  ].filter(Boolean);
  const further = element("div", { className: "stack", hidden: true }, ...more);
  const said = element("span", { className: "chip", hidden: true });
  [further.dataset.more, said.dataset.said, said.dataset.tone] = ["", "", "thread"];
  const line = element("summary", {}, element("span", {}, question.group === DANGER ? question.ask : capital(question.name)), " ", said);
  const inside = element("div", { className: "stack" }, choice(`q-${id}`, question.ask, levels, question.help), further);
  const box = element("details", { className: "fold" }, line, inside);
  box.dataset.ask = id;
  return box;
}

const pick = (words, values) => Object.fromEntries(values.map((value) => [value, words[value]]));

function choice(name, legend, words, help) {
  const answers = Object.entries(words).map(([value, word]) =>
    element("label", { className: "answer" }, element("input", { type: "radio", name, value }), " ", element("span", {}, capital(word))),
  );
  const field = element("fieldset", { className: "ask" }, element("legend", {}, legend));
  if (help) {
    field.append(element("p", { className: "help", id: `h-${name}` }, help));
    field.setAttribute("aria-describedby", `h-${name}`);
  }
  field.append(element("div", { className: "answers" }, ...answers));
  return field;
}

function place(name, label, zones) {
  const options = Object.entries({ "": "", ...zones }).map(([value, word]) => element("option", { value }, word));
  return element("label", { className: "field" }, element("span", { className: "label" }, label), element("select", { name }, ...options));
}

/** Say on the line what was answered, and ask for side, course and place only where a sign is there. */
function unfold(box) {
  const chosen = box.querySelector(`[name="q-${box.dataset.ask}"]:checked`);
  const said = box.querySelector("[data-said]");
  said.hidden = !chosen;
  said.textContent = chosen?.nextElementSibling.textContent ?? "";
  box.querySelector("[data-more]").hidden = !chosen || ["no", UNKNOWN].includes(chosen.value);
}

const capital = ([first, ...rest]) => first.toUpperCase() + rest.join("");

/** An element with its properties and what stands in it; text stays text. */
export function element(tag, properties, ...inside) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inside);
  return made;
}
